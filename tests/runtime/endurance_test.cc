// Ten thousand times the same: memory, files and threads stay as many as they were.
#include <dirent.h>
#include <unistd.h>

#include <fstream>

#include "tests/catch.h"
#include "tests/runtime/tiny_program.h"

namespace effnet::tiny {
namespace {

constexpr int times = 10'000;

int entries(const char* folder) {
  int count = 0;
  DIR* opened = opendir(folder);
  REQUIRE(opened != nullptr);
  while (readdir(opened) != nullptr) ++count;
  closedir(opened);
  return count;
}

int lines(const char* path) {
  std::ifstream file(path);
  int count = 0;
  for (std::string line; std::getline(file, line);) ++count;
  return count;
}

struct Process {
  long memory_pages = 0;
  int files = 0, threads = 0, mappings = 0;

  static Process now() {
    Process out;
    long ignored = 0;
    std::ifstream("/proc/self/statm") >> ignored >> out.memory_pages;
    out.files = entries("/proc/self/fd");
    out.threads = entries("/proc/self/task");
    out.mappings = lines("/proc/self/maps");
    return out;
  }
};

// Of the second half: allocators and thread stacks find their size in the first. A sanitizer keeps what is freed.
template <typename Work>
void check_flat(Work work) {
  for (int i = 0; i < times / 2; ++i) work();
  const Process before = Process::now();
  for (int i = 0; i < times / 2; ++i) work();
  const Process after = Process::now();
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  CHECK(after.memory_pages <= before.memory_pages + 64);
  CHECK(after.mappings <= before.mappings + 2);
#endif
  CHECK(after.files == before.files);
  CHECK(after.threads == before.threads);
}

effnet_model* open_model(const char* path, int threads) {
  static const Program program;
  effnet_options options = {};
  options.threads = threads;
  effnet_model* model = nullptr;
  REQUIRE(effnet_open_program(&program, path, &options, &model) == EFFNET_OK);
  return model;
}

TEST_CASE("ten thousand runs of one model") {
  TemporaryFile weights(WeightsFile().bytes());
  effnet_model* model = open_model(weights.path(), 2);
  const std::vector<float> pixels = input(0);
  std::vector<float> logits(classes), first(classes);
  REQUIRE(effnet_run(model, pixels.data(), first.data()) == EFFNET_OK);
  check_flat([&] {
    if (effnet_run(model, pixels.data(), logits.data()) != EFFNET_OK || logits != first) FAIL("a run");
  });
  effnet_close(model);
}

TEST_CASE("ten thousand models opened, run and closed, with threads and another head") {
  TemporaryFile weights(WeightsFile().bytes()), head(head_file(7).bytes());
  const std::vector<float> pixels = input(0);
  std::vector<float> logits(7);
  check_flat([&] {
    effnet_model* model = open_model(weights.path(), 2);
    if (effnet_set_head(model, head.path()) != EFFNET_OK ||
        effnet_run(model, pixels.data(), logits.data()) != EFFNET_OK)
      FAIL(effnet_error(model));
    effnet_close(model);
  });
}

TEST_CASE("ten thousand opens that fail") {
  WeightsFile wrong;
  wrong.tensors[2].name = "other";
  TemporaryFile weights(wrong.bytes());
  static const Program program;
  check_flat([&] {
    effnet_model* model = nullptr;
    if (effnet_open_program(&program, weights.path(), nullptr, &model) != EFFNET_INVALID_WEIGHTS)
      FAIL("was opened");
  });
}

}  // namespace
}  // namespace effnet::tiny
