// Every call of the runtime that the system can refuse is refused once: a status and a text, and nothing is left behind.
#include <filesystem>
#include <map>

#include "tests/catch.h"
#include "tests/runtime/failing_system.h"
#include "tests/runtime/tiny_program.h"

namespace effnet::tiny {
namespace {

using Catch::Contains;

struct Outcome {
  effnet_status status;
  std::string text;
};

// What an application does with a model, up to the first failure.
effnet_status use(effnet_model* model, const std::string& head) {
  std::vector<std::uint8_t> rgb(20 * 30 * 3, 128);
  std::vector<float> pixels(resolution * resolution * 3), logits(7);
  effnet_status status = effnet_prepare(model, rgb.data(), 20, 30, 60, pixels.data());
  if (status == EFFNET_OK) status = effnet_run(model, pixels.data(), logits.data());
  if (status == EFFNET_OK) status = effnet_set_head(model, head.c_str());
  if (status == EFFNET_OK) status = effnet_run(model, pixels.data(), logits.data());
  return status;
}

Outcome session(const std::string& weights, const std::string& head, int fail_at, bool onwards) {
  Program program;
  char text[300] = "";
  effnet_options options = {};
  options.threads = 3;
  options.copy_weights = 1;
  options.error = text;
  options.error_bytes = sizeof text;
  effnet_model* model = nullptr;
  the_system = {};
  the_system.fail_at = fail_at;
  the_system.onwards = onwards;
  effnet_status status = effnet_open_program(&program, weights.c_str(), &options, &model);
  std::string said = text;
  if (status == EFFNET_OK) {
    status = use(model, head);
    said = effnet_error(model);
  } else {
    CHECK(model == nullptr);
  }
  effnet_close(model);
  return {status, said};
}

const std::map<std::string, effnet_status>& expected_status() {
  static const std::map<std::string, effnet_status> status = {{"aligned_alloc", EFFNET_OUT_OF_MEMORY},
                                                              {"mmap", EFFNET_OUT_OF_MEMORY},
                                                              {"open", EFFNET_CANNOT_READ},
                                                              {"fstat", EFFNET_CANNOT_READ},
                                                              {"pthread_create", EFFNET_NO_THREAD},
                                                              {"pthread_attr_init", EFFNET_NO_THREAD}};
  return status;
}

std::size_t entries_of(const char* folder) {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder)) ++count;
  return count;
}

TEST_CASE("whatever call the system refuses, the status says so and nothing is left behind") {
  TemporaryFile weights(WeightsFile().bytes()), head(head_file(7).bytes());
  REQUIRE(session(weights.text(), head.text(), -1, false).status == EFFNET_OK);
  const int calls = the_system.calls;
  CHECK(calls > 30);
  const std::size_t files = entries_of("/proc/self/fd");
  std::map<std::string, int> refused;
  for (bool onwards : {false, true}) {
    for (int call = 0; call < calls; ++call) {
      Outcome got = session(weights.text(), head.text(), call, onwards);
      INFO("call " << call << " of " << calls << ", " << the_system.failed << ": " << got.text);
      ++refused[the_system.failed];
      // A thread is tried a second time, with a stack of the default size.
      const bool tried_again = the_system.failed == "pthread_create" && !onwards;
      CHECK(got.status == (tried_again ? EFFNET_OK : expected_status().at(the_system.failed)));
      CHECK(got.text.empty() == (got.status == EFFNET_OK));
      CHECK(the_system.blocks == 0);
      CHECK(the_system.maps == 0);
    }
  }
  CHECK(entries_of("/proc/self/fd") == files);
  CHECK(refused.size() == expected_status().size());
}

TEST_CASE("a thread that cannot be started fails the open and stops those that were") {
  TemporaryFile weights(WeightsFile().bytes()), head(head_file(7).bytes());
  session(weights.text(), head.text(), -1, false);
  for (int call = 0, thread = 2; call < 1000; ++call) {
    Outcome got = session(weights.text(), head.text(), call, true);
    if (the_system.failed.empty()) break;
    if (the_system.failed != "pthread_create") continue;
    CHECK_THAT(got.text, Contains("thread " + std::to_string(thread++) + " of 3 could not be started") &&
                             Contains("fewer threads give the same result"));
    CHECK(thread <= 4);
  }
}

}  // namespace
}  // namespace effnet::tiny
