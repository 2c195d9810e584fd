// The runtime without files and threads of the system, as on Windows and in WebAssembly: weights in memory, and the
// application's threads.
#include "tests/catch.h"
#include "tests/runtime/tiny_program.h"

namespace effnet::tiny {
namespace {

struct Opened {
  effnet_status status;
  effnet_model* model = nullptr;
  std::string error;
};

Opened open(AlignedBytes& bytes, effnet_options options) {
  static Program program;
  char text[300] = "";
  options.error = text;
  options.error_bytes = sizeof text;
  Opened result{};
  result.status = effnet_open_program_memory(&program, bytes.data(), bytes.size(), &options, &result.model);
  result.error = text;
  return result;
}

// Backwards, to show that it is this one that runs.
void backwards(void* calls, int count, effnet_task task, void* closure) {
  ++*static_cast<int*>(calls);
  for (int i = count - 1; i >= 0; --i) task(closure, i, i % 2);
}

std::vector<float> logits_of(effnet_model* model) {
  std::vector<float> logits(classes);
  REQUIRE(effnet_run(model, input(1).data(), logits.data()) == EFFNET_OK);
  return logits;
}

TEST_CASE("a model from memory runs on one thread, and on the application's, with the same bits") {
  AlignedBytes bytes(WeightsFile().bytes());
  const Opened alone = open(bytes, {});
  INFO(alone.error);
  REQUIRE(alone.status == EFFNET_OK);
  const std::vector<double> wanted = expected(input(1), WeightsFile()).logits;
  const std::vector<float> logits = logits_of(alone.model);
  for (int i = 0; i < classes; ++i) CHECK(logits[i] == Approx(wanted[i]).margin(1e-5));
  effnet_close(alone.model);

  int calls = 0;
  effnet_options options{};
  options.threads = 2;
  options.parallel_for = backwards;
  options.parallel_for_context = &calls;
  const Opened lent = open(bytes, options);
  INFO(lent.error);
  REQUIRE(lent.status == EFFNET_OK);
  CHECK(logits_of(lent.model) == logits);
  CHECK(calls > 0);
  effnet_close(lent.model);
}

TEST_CASE("threads of its own and files are refused with a text that says what to do") {
  AlignedBytes bytes(WeightsFile().bytes());
  effnet_options options{};
  options.threads = 2;
  const Opened threads = open(bytes, options);
  CHECK(threads.status == EFFNET_NO_THREAD);
  CHECK(threads.model == nullptr);
  CHECK(threads.error.find("parallel_for") != std::string::npos);

  const Program program;
  const TemporaryFile file(WeightsFile().bytes());
  char text[300] = "";
  options = {};
  options.error = text;
  options.error_bytes = sizeof text;
  effnet_model* model = nullptr;
  CHECK(effnet_open_program(&program, file.path(), &options, &model) == EFFNET_CANNOT_READ);
  CHECK(std::string(text).find("open it from memory") != std::string::npos);
}

}  // namespace
}  // namespace effnet::tiny
