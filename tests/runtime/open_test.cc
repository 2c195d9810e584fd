#include <sys/stat.h>

#include <pthread.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <map>

#include "tests/catch.h"
#include "tests/runtime/tiny_program.h"

namespace {

// The link editor sends the runtime's calls of pthread_create here (see CMakeLists.txt).
int threads_before_failure = -1;

}  // namespace

extern "C" int __real_pthread_create(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*);
extern "C" int __wrap_pthread_create(pthread_t* thread, const pthread_attr_t* attributes,
                                     void* (*start)(void*), void* argument) {
  if (threads_before_failure == 0) return EAGAIN;
  if (threads_before_failure > 0) --threads_before_failure;
  return __real_pthread_create(thread, attributes, start, argument);
}

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

struct Attempt {
  effnet_status status;
  std::string text;
};

Attempt attempt(const std::string& bytes, effnet_options options = {}) {
  Program program;
  AlignedBytes weights(bytes);
  char text[600] = "old";
  options.error = text;
  options.error_bytes = sizeof text;
  effnet_model* model = nullptr;
  effnet_status status =
      effnet_open_program_memory(&program, weights.data(), weights.size(), &options, &model);
  CHECK((model != nullptr) == (status == EFFNET_OK));
  CHECK((text[0] == '\0') == (status == EFFNET_OK));
  effnet_close(model);
  return {status, text};
}

Attempt attempt_path(const char* path) {
  Program program;
  char text[600] = "";
  effnet_options options = {};
  options.error = text;
  options.error_bytes = sizeof text;
  effnet_model* model = nullptr;
  effnet_status status = effnet_open_program(&program, path, &options, &model);
  CHECK((model != nullptr) == (status == EFFNET_OK));
  effnet_close(model);
  return {status, text};
}

TEST_CASE("info says what was opened") {
  Program program;
  TemporaryFile file(WeightsFile().bytes());
  effnet_model* model = nullptr;
  REQUIRE(effnet_open_program(&program, file.path(), nullptr, &model) == EFFNET_OK);
  const effnet_info& info = *effnet_get_info(model);
  CHECK(std::string(info.name) == "tiny");
  CHECK(std::string(info.network) == "efficientnet_tiny");
  CHECK(std::string(info.target) == "wide");
  CHECK(std::string(info.version) == EFFNET_VERSION);
  CHECK(info.weights_format_version == 1);
  CHECK(info.threads == 1);
  CHECK(info.resolution == resolution);
  CHECK(info.classes == classes);
  CHECK(info.features == features);
  CHECK(info.map_height == 2);
  CHECK(std::string(info.labels[0]) == "ant");
  CHECK(std::string(info.labels[2]) == "cat with \"quotes\" and \u00e9");
  CHECK(info.mean[0] == 0.485F);
  CHECK(info.std[2] == 0.225F);
  CHECK(info.crop == 0.875F);
  CHECK(info.interpolation == EFFNET_BICUBIC);
  CHECK(info.arena_bytes == effnet_program_arena_bytes(&program, nullptr));
  CHECK(info.weights_bytes == WeightsFile().bytes().size());
  CHECK(std::string(effnet_error(model)).empty());
  effnet_close(model);
}

TEST_CASE("weights without labels open without labels") {
  WeightsFile weights;
  weights.erase("labels");
  Program program;
  AlignedBytes bytes(weights.bytes());
  effnet_model* model = nullptr;
  REQUIRE(effnet_open_program_memory(&program, bytes.data(), bytes.size(), nullptr, &model) == EFFNET_OK);
  CHECK(effnet_get_info(model)->labels == nullptr);
  effnet_close(model);
}

TEST_CASE("files that cannot be read are named with the reason") {
  TemporaryFile empty(""), text("This is no weights file at all.");
  CHECK(attempt_path("/nowhere/b0.weights").status == EFFNET_CANNOT_READ);
  CHECK(attempt_path("/nowhere/b0.weights").text == "/nowhere/b0.weights: no such file");
  CHECK(attempt_path("/").status == EFFNET_CANNOT_READ);
  CHECK(attempt_path("/").text == "/: not a regular file");
  CHECK(attempt_path(empty.path()).status == EFFNET_CANNOT_READ);
  CHECK_THAT(attempt_path(empty.path()).text, Contains("the file is empty"));
  CHECK(attempt_path(text.path()).status == EFFNET_INVALID_WEIGHTS);
  CHECK_THAT(attempt_path(text.path()).text, Contains(text.text()) && Contains("no safetensors file"));
  std::string pipe = text.text() + ".pipe";
  REQUIRE(mkfifo(pipe.c_str(), 0600) == 0);
  CHECK(attempt_path(pipe.c_str()).text == pipe + ": not a regular file");
  std::filesystem::remove(pipe);
}

TEST_CASE("every truncation of a weights file is refused") {
  std::string bytes = WeightsFile().bytes();
  for (std::size_t length = 1; length < bytes.size(); length += length < 2000 ? 37 : 191) {
    Attempt got = attempt(bytes.substr(0, length));
    INFO(length << " bytes: " << got.text);
    CHECK(got.status == EFFNET_INVALID_WEIGHTS);
  }
  CHECK(attempt(bytes + "more").status == EFFNET_INVALID_WEIGHTS);
}

TEST_CASE("weights of another kind are refused with the reason") {
  WeightsFile file;
  auto check = [&](effnet_status status, const std::string& text) {
    Attempt got = attempt(file.bytes());
    CHECK(got.status == status);
    CHECK_THAT(got.text, Contains(text));
    CHECK(got.text.find('\n') == std::string::npos);
  };
  SECTION("no metadata") {
    file.metadata.clear();
    check(EFFNET_INVALID_WEIGHTS, "effnetc import");
  }
  SECTION("format version") {
    file.value("format_version") = "2";
    check(EFFNET_WRONG_NETWORK, "format version 2, but the library reads version 1");
  }
  SECTION("precision") {
    file.value("precision") = "bf16";
    check(EFFNET_WRONG_NETWORK, "precision bf16");
  }
  SECTION("other network") {
    file.value("network") = "efficientnet_b7";
    file.value("fingerprint") = "ffffffffffffffff";
    check(EFFNET_WRONG_NETWORK,
          "weights of efficientnet_b7 (fingerprint ffffffffffffffff), but the library is of "
          "efficientnet_tiny (fingerprint 0123456789abcdef)");
    CHECK_THAT(attempt(file.bytes()).text, !Contains("padding"));
  }
  SECTION("other padding") {
    file.value("network") = "tf_efficientnet_tiny";
    file.value("fingerprint") = "ffffffffffffffff";
    check(EFFNET_WRONG_NETWORK, "the two differ in padding");
  }
  SECTION("other classes") {
    file.value("fingerprint") = "ffffffffffffffff";
    check(EFFNET_WRONG_NETWORK, "another number of classes");
  }
  SECTION("labels") {
    file.value("labels") = "ant\nbee";
    check(EFFNET_INVALID_WEIGHTS, "2 lines for 3 classes");
  }
  SECTION("mean") {
    file.value("mean") = "0.5,0.5";
    check(EFFNET_INVALID_WEIGHTS, "metadata \"mean\" is \"0.5,0.5\", but must be three numbers");
  }
  SECTION("std") {
    file.value("std") = "0.5,0,0.5";
    check(EFFNET_INVALID_WEIGHTS, "three positive numbers");
  }
  SECTION("crop") {
    file.value("crop") = "1.5";
    check(EFFNET_INVALID_WEIGHTS, "a number from 0.01 to 1");
  }
  SECTION("interpolation") {
    file.value("interpolation") = "nearest\nline";
    check(EFFNET_INVALID_WEIGHTS, "\"nearest?line\", but must be bicubic or bilinear");
  }
}

TEST_CASE("all missing, unexpected and wrongly shaped tensors are counted and the first are named") {
  WeightsFile file;
  file.tensors[0].shape = {3, 2, 16};
  file.tensors[1].dtype = "I32";
  file.tensors[2].name = "other";
  for (int i = 0; i < 5; ++i) file.tensors.push_back({"extra" + std::to_string(i), "F32", {0}, {}});
  Attempt got = attempt(file.bytes());
  CHECK(got.status == EFFNET_INVALID_WEIGHTS);
  CHECK_THAT(got.text, Contains("1 missing tensor (classifier.weight)") &&
                           Contains("6 unexpected tensors (other, extra0, extra1, ...)") &&
                           Contains("2 wrongly shaped or typed tensors (stem.weight, stem.bias)") &&
                           Contains("efficientnet_tiny"));
}

TEST_CASE("tensors that are not aligned are refused") {
  std::string bytes = WeightsFile().bytes();
  bytes.insert(bytes.find('}') + 1, 4, ' ');  // after the metadata object; allowed as white space
  auto length = static_cast<unsigned char>(bytes[0]);
  bytes[0] = static_cast<char>(length + 4);
  Attempt got = attempt(bytes);
  CHECK(got.status == EFFNET_INVALID_WEIGHTS);
  CHECK_THAT(got.text, Contains("does not begin on 64 bytes"));
}

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
    options.allocate = CountingAllocator::allocate;
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
  CHECK(std::string(effnet_error(nullptr)) == "the model is null");
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
  std::size_t bytes = effnet_program_arena_bytes(&program, &options);
  CHECK(bytes == 640 + 2 * 64);
  std::vector<unsigned char> storage(bytes + 128, 0xAB);
  auto address = (reinterpret_cast<std::uintptr_t>(storage.data()) + 63) / 64 * 64;
  options.arena = reinterpret_cast<void*>(address);
  options.arena_bytes = bytes;
  effnet_model* model = nullptr;
  REQUIRE(effnet_open_program_memory(&program, weights.data(), weights.size(), &options, &model) ==
          EFFNET_OK);
  std::vector<float> pixels = input(0), logits(classes);
  REQUIRE(effnet_run(model, pixels.data(), logits.data()) == EFFNET_OK);
  auto* arena = static_cast<unsigned char*>(options.arena);
  CHECK(std::count(arena, arena + 640, 0xAB) < 100);
  for (unsigned char* byte = arena + bytes; byte != storage.data() + storage.size(); ++byte)
    CHECK(*byte == 0xAB);
  effnet_close(model);
}

TEST_CASE("a thread that cannot be started fails the open and stops those that were") {
  std::string bytes = WeightsFile().bytes();
  for (int started : {0, 1, 3}) {
    CountingAllocator allocator;
    effnet_options options = allocator.options();
    options.threads = 5;
    threads_before_failure = started;
    Attempt got = attempt(bytes, options);
    threads_before_failure = -1;
    CHECK(got.status == EFFNET_NO_THREAD);
    CHECK_THAT(got.text, Contains("thread " + std::to_string(started + 2) + " of 5 could not be started"));
    CHECK(allocator.live.empty());
  }
}

}  // namespace
}  // namespace effnet::tiny
