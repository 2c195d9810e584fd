// What open and the other functions refuse of their arguments, and how targets are chosen.
#include <cstdlib>
#include <memory>

#include "tests/catch.h"
#include "tests/runtime/attempt.h"

namespace effnet::tiny {
namespace {

using Catch::Contains;

TEST_CASE("options out of range are refused by name") {
  std::string bytes = WeightsFile().bytes();
  effnet_options options = {};
  auto check = [&](effnet_status status, const std::string& text) {
    Attempt got = attempt(bytes, options);
    CHECK(got.status == status);
    CHECK_THAT(got.text, Contains(text));
  };
  SECTION("negative threads") {
    options.threads = -1;
    check(EFFNET_INVALID_ARGUMENT, "option threads is -1");
  }
  SECTION("too many threads") {
    options.threads = 100000;
    check(EFFNET_INVALID_ARGUMENT, "option threads is 100000");
  }
  SECTION("half an allocator") {
    options.allocate = [](void*, std::size_t, std::size_t) -> void* { return nullptr; };
    check(EFFNET_INVALID_ARGUMENT, "together");
  }
  SECTION("unknown target") {
    options.target = "z80";
    check(EFFNET_INVALID_ARGUMENT,
          "no target \"z80\" (option target) in this library; it has impossible, wide, narrow");
  }
  SECTION("target of another CPU") {
    options.target = "impossible";
    check(EFFNET_UNSUPPORTED_CPU,
          "which the target \"impossible\" needs; of this library's targets it runs wide, narrow");
  }
  SECTION("small arena") {
    alignas(64) static unsigned char arena[64];
    options.arena = arena;
    options.arena_bytes = sizeof arena;
    check(EFFNET_OUT_OF_MEMORY, "option arena has 64 bytes, but 704 are needed");
  }
  SECTION("crooked arena") {
    alignas(64) static unsigned char arena[4096];
    options.arena = arena + 4;
    options.arena_bytes = sizeof arena - 4;
    check(EFFNET_INVALID_ARGUMENT, "64 byte boundary");
  }
}

TEST_CASE("a target can be forced by option and by environment, the option first") {
  Program program;
  AlignedBytes weights(WeightsFile().bytes());
  auto target = [&](const char* option) {
    effnet_options options = {};
    options.target = option;
    effnet_model* model = nullptr;
    effnet_status status =
        effnet_open_program_memory(&program, weights.data(), weights.size(), &options, &model);
    std::string out = status == EFFNET_OK ? effnet_get_info(model)->target : effnet_status_text(status);
    effnet_close(model);
    return out;
  };
  CHECK(target("narrow") == "narrow");
  setenv("EFFNET_TARGET", "narrow", 1);
  CHECK(target(nullptr) == "narrow");
  CHECK(target("wide") == "wide");
  setenv("EFFNET_TARGET", "z80", 1);
  CHECK(target(nullptr) == "invalid argument");
  setenv("EFFNET_TARGET", "", 1);
  CHECK(target(nullptr) == "wide");
  unsetenv("EFFNET_TARGET");
}

TEST_CASE("a library without a target for this CPU says so") {
  Program program;
  program.variant_count = 1;
  AlignedBytes weights(WeightsFile().bytes());
  char text[300] = "";
  effnet_options options = {};
  options.error = text;
  options.error_bytes = sizeof text;
  effnet_model* model = nullptr;
  CHECK(effnet_open_program_memory(&program, weights.data(), weights.size(), &options, &model) ==
        EFFNET_UNSUPPORTED_CPU);
  CHECK_THAT(text, Contains("none of this library's targets runs on this CPU: impossible"));
  CHECK(effnet_program_arena_bytes(&program, nullptr) == 0);
}

TEST_CASE("a library of another interface version is refused") {
  Program program;
  program.abi = EFFNET_PROGRAM_ABI + 1;
  AlignedBytes weights(WeightsFile().bytes());
  effnet_model* model = nullptr;
  CHECK(effnet_open_program_memory(&program, weights.data(), weights.size(), nullptr, &model) ==
        EFFNET_INVALID_ARGUMENT);
}

TEST_CASE("null pointers are invalid arguments, everywhere") {
  Program program;
  AlignedBytes weights(WeightsFile().bytes());
  effnet_model* model = nullptr;
  CHECK(effnet_open_program(nullptr, "x", nullptr, &model) == EFFNET_INVALID_ARGUMENT);
  CHECK(effnet_open_program(&program, nullptr, nullptr, &model) == EFFNET_INVALID_ARGUMENT);
  CHECK(effnet_open_program(&program, "x", nullptr, nullptr) == EFFNET_INVALID_ARGUMENT);
  CHECK(effnet_open_program_memory(&program, nullptr, 1, nullptr, &model) == EFFNET_INVALID_ARGUMENT);
  CHECK(effnet_open_program_memory(&program, static_cast<char*>(weights.data()) + 4, weights.size() - 4,
                                   nullptr, &model) == EFFNET_INVALID_ARGUMENT);
  CHECK(effnet_program_arena_bytes(nullptr, nullptr) == 0);
  float values[8 * 8 * 3] = {};
  effnet_outputs outputs = {};
  CHECK(effnet_run(nullptr, values, values) == EFFNET_INVALID_ARGUMENT);
  CHECK(effnet_run_batch(nullptr, 1, values, &outputs) == EFFNET_INVALID_ARGUMENT);
  CHECK(effnet_set_head(nullptr, "x") == EFFNET_INVALID_ARGUMENT);
  std::uint8_t rgb[3] = {};
  CHECK(effnet_prepare(nullptr, rgb, 1, 1, 3, values) == EFFNET_INVALID_ARGUMENT);
  CHECK(effnet_get_info(nullptr) == nullptr);
  CHECK(effnet_get_profile(nullptr) == nullptr);
  CHECK_THAT(effnet_error(nullptr), Contains("the model is null: open one first"));
  effnet_profile_start(nullptr);
  effnet_profile_stop(nullptr);
  effnet_close(nullptr);

  REQUIRE(effnet_open_program_memory(&program, weights.data(), weights.size(), nullptr, &model) == EFFNET_OK);
  CHECK(effnet_run(model, nullptr, values) == EFFNET_INVALID_ARGUMENT);
  CHECK(effnet_run(model, values, nullptr) == EFFNET_INVALID_ARGUMENT);
  CHECK(effnet_run_batch(model, 1, values, nullptr) == EFFNET_INVALID_ARGUMENT);
  CHECK(effnet_run_batch(model, 1, nullptr, &outputs) == EFFNET_INVALID_ARGUMENT);
  CHECK(effnet_run_batch(model, -1, values, &outputs) == EFFNET_INVALID_ARGUMENT);
  CHECK_THAT(effnet_error(model), Contains("effnet_run_batch"));
  effnet_close(model);
}

// An allocator that keeps what is released, so that looking at a closed model is defined.
struct KeepingAllocator {
  std::vector<std::unique_ptr<void, decltype(&std::free)>> blocks;
  int released = 0;

  effnet_options options() {
    effnet_options out = {};
    out.allocator_context = this;
    out.allocate = [](void* self, std::size_t bytes, std::size_t alignment) {
      void* block = std::aligned_alloc(alignment, bytes);
      static_cast<KeepingAllocator*>(self)->blocks.emplace_back(block, &std::free);
      return block;
    };
    out.release = [](void* self, void*) { ++static_cast<KeepingAllocator*>(self)->released; };
    return out;
  }
};

TEST_CASE("a closed model is an invalid argument while its memory is there") {
  Program program;
  AlignedBytes weights(WeightsFile().bytes());
  KeepingAllocator allocator;
  effnet_options options = allocator.options();
  effnet_model* model = nullptr;
  REQUIRE(effnet_open_program_memory(&program, weights.data(), weights.size(), &options, &model) ==
          EFFNET_OK);
  effnet_close(model);
  const int released = allocator.released;
  CHECK(released == static_cast<int>(allocator.blocks.size()));
  float values[8 * 8 * 3] = {};
  effnet_outputs outputs = {};
  std::uint8_t rgb[3] = {};
  CHECK(effnet_run(model, values, values) == EFFNET_INVALID_ARGUMENT);
  CHECK(effnet_run_batch(model, 1, values, &outputs) == EFFNET_INVALID_ARGUMENT);
  CHECK(effnet_set_head(model, nullptr) == EFFNET_INVALID_ARGUMENT);
  CHECK(effnet_prepare(model, rgb, 1, 1, 3, values) == EFFNET_INVALID_ARGUMENT);
  effnet_region region = {};
  CHECK(effnet_get_region(model, 1, 1, &region) == EFFNET_INVALID_ARGUMENT);
  CHECK(effnet_get_class(model, 0, values, nullptr) == EFFNET_INVALID_ARGUMENT);
  CHECK(effnet_get_info(model) == nullptr);
  CHECK(effnet_get_profile(model) == nullptr);
  CHECK(std::string(effnet_error(model)) == "the model is closed: open it again");
  effnet_profile_start(model);
  effnet_profile_stop(model);
  effnet_close(model);
  CHECK(allocator.released == released);
}

TEST_CASE("every status has a text") {
  for (int i = EFFNET_OK; i <= EFFNET_NO_THREAD; ++i) {
    CHECK(std::string(effnet_status_text(static_cast<effnet_status>(i))) != "unknown status");
  }
}

TEST_CASE("an error text is cut to the application's buffer and terminated") {
  Program program;
  for (std::size_t size : {0, 1, 2, 10}) {
    char text[12] = "###########";
    effnet_options options = {};
    options.error = text;
    options.error_bytes = size;
    effnet_model* model = nullptr;
    CHECK(effnet_open_program(&program, "/nowhere", &options, &model) == EFFNET_CANNOT_READ);
    if (size > 0) CHECK(std::string(text) == std::string("/nowhere: no").substr(0, size - 1));
    CHECK(text[size] == '#');
  }
}

}  // namespace
}  // namespace effnet::tiny
