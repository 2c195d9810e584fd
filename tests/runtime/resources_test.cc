// Memory and threads: whose they are, and what happens when there are none.
#include <algorithm>
#include <cstdlib>
#include <map>

#include "tests/catch.h"
#include "tests/runtime/attempt.h"

namespace effnet::tiny {
namespace {

using Catch::Contains;

// An application's allocator that counts and may fail.
struct CountingAllocator {
  int calls = 0, fail_at = -1;
  std::map<void*, std::size_t> live;

  static void* allocate(void* context, std::size_t bytes, std::size_t alignment) {
    auto& self = *static_cast<CountingAllocator*>(context);
    if (self.calls++ == self.fail_at) return nullptr;
    void* block = std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
    self.live[block] = bytes;
    return block;
  }
  static void release(void* context, void* block) {
    static_cast<CountingAllocator*>(context)->live.erase(block);
    std::free(block);
  }
  effnet_options options() {
    effnet_options out = {};
    out.allocate = allocate;
    out.release = release;
    out.allocator_context = this;
    return out;
  }
};

TEST_CASE("an allocator that fails at any call leads to an error and nothing is left behind") {
  Program program;
  AlignedBytes weights(WeightsFile().bytes());
  int failures = 0;
  for (;; ++failures) {
    CountingAllocator allocator;
    allocator.fail_at = failures;
    effnet_options options = allocator.options();
    options.threads = 3;
    char text[200] = "";
    options.error = text;
    options.error_bytes = sizeof text;
    effnet_model* model = nullptr;
    effnet_status status =
        effnet_open_program_memory(&program, weights.data(), weights.size(), &options, &model);
    effnet_close(model);
    CHECK(allocator.live.empty());
    if (status == EFFNET_OK) break;
    CHECK(status == EFFNET_OUT_OF_MEMORY);
    CHECK_THAT(text, Contains("out of memory"));
  }
  CHECK(failures >= 8);
}

TEST_CASE("a block that is not aligned as asked counts as no memory") {
  Program program;
  AlignedBytes weights(WeightsFile().bytes());
  effnet_options options = {};
  options.allocate = [](void*, std::size_t bytes, std::size_t) -> void* {
    return static_cast<char*>(std::aligned_alloc(64, bytes + 64)) + 8;
  };
  options.release = [](void*, void* block) { std::free(static_cast<char*>(block) - 8); };
  effnet_model* model = nullptr;
  CHECK(effnet_open_program_memory(&program, weights.data(), weights.size(), &options, &model) ==
        EFFNET_OUT_OF_MEMORY);
}

TEST_CASE("nothing is allocated while running") {
  Program program;
  AlignedBytes weights(WeightsFile().bytes());
  CountingAllocator allocator;
  effnet_options options = allocator.options();
  options.threads = 2;
  effnet_model* model = nullptr;
  REQUIRE(effnet_open_program_memory(&program, weights.data(), weights.size(), &options, &model) ==
          EFFNET_OK);
  int calls = allocator.calls;
  std::vector<float> pixels = input(0), logits(classes);
  REQUIRE(effnet_run(model, pixels.data(), logits.data()) == EFFNET_OK);
  CHECK(allocator.calls == calls);
  effnet_close(model);
}

TEST_CASE("the application's arena is used, and only as far as announced") {
  Program program;
  AlignedBytes weights(WeightsFile().bytes());
  effnet_options options = {};
  options.threads = 2;
  const int images = GENERATE(1, 2);
  options.spread_images = images - 1;
  std::size_t bytes = effnet_program_arena_bytes(&program, &options);
  CHECK(bytes == images * 640U + 2 * 64);
  std::vector<unsigned char> storage(bytes + 128, 0xAB);
  auto address = (reinterpret_cast<std::uintptr_t>(storage.data()) + 63) / 64 * 64;
  options.arena = reinterpret_cast<void*>(address);
  options.arena_bytes = bytes;
  effnet_model* model = nullptr;
  REQUIRE(effnet_open_program_memory(&program, weights.data(), weights.size(), &options, &model) ==
          EFFNET_OK);
  std::vector<float> pixels = input(0), logits(2 * static_cast<std::size_t>(classes));
  pixels.insert(pixels.end(), pixels.begin(), pixels.end());
  effnet_outputs outputs = {logits.data(), nullptr, nullptr};
  Meeting both(2);  // threads: none runs all images
  REQUIRE(effnet_run_batch(model, 2, pixels.data(), &outputs) == EFFNET_OK);
  auto* arena = static_cast<unsigned char*>(options.arena);
  for (int image = 0; image < images; ++image)
    CHECK(std::count(arena + 640 * image, arena + 640 * (image + 1), 0xAB) < 100);
  for (unsigned char* byte = arena + bytes; byte != storage.data() + storage.size(); ++byte)
    CHECK(*byte == 0xAB);
  effnet_close(model);
}

}  // namespace
}  // namespace effnet::tiny
