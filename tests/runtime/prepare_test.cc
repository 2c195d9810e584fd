#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/catch.h"
#include "tests/runtime/tiny_program.h"

namespace effnet::tiny {
namespace {

using Catch::Contains;

struct Preparer {
  Program program;
  AlignedBytes weights;
  effnet_model* model = nullptr;

  Preparer(int resolution, const WeightsFile& file, const effnet_options* options = nullptr)
      : program(resolution), weights(file.bytes()) {
    REQUIRE(effnet_open_program_memory(&program, weights.data(), weights.size(), options, &model) ==
            EFFNET_OK);
  }
  Preparer(const Preparer&) = delete;
  ~Preparer() { effnet_close(model); }
};

WeightsFile preprocessing(const std::string& crop, const std::string& interpolation) {
  WeightsFile file;
  file.value("mean") = "0,0,0";
  file.value("std") = "1,1,1";
  file.value("crop") = crop;
  file.value("interpolation") = interpolation;
  return file;
}

// The formula of tests/data/make_prepare_golden.py. `padding` bytes follow every row.
std::vector<std::uint8_t> picture(std::uint32_t width, std::uint32_t height, const std::string& pattern,
                                  std::size_t padding) {
  std::vector<std::uint8_t> out;
  out.reserve(height * (3 * width + padding));
  for (std::uint32_t y = 0; y < height; ++y) {
    for (std::uint32_t x = 0; x < width; ++x) {
      for (std::uint32_t c = 0; c < 3; ++c) {
        std::uint32_t h = (x * 73856093U) ^ (y * 19349663U) ^ (c * 83492791U);
        h = (h ^ (h >> 13)) * 1540483477U;
        std::uint32_t noise = (h ^ (h >> 15)) & 255, slope = (x * 3 + y * 5 + c * 40) / 2 & 255;
        std::uint32_t value = pattern == "noise"   ? noise
                              : pattern == "slope" ? (noise + 7 * slope) / 8
                                                   : ((x / 3 + y / 5 + c) & 1) * 255;
        out.push_back(static_cast<std::uint8_t>(value));
      }
    }
    out.insert(out.end(), padding, 0xEE);
  }
  return out;
}

// FNV-1a 64 of the bytes that the input was made from: with mean 0 and std 1 it is byte / 255.
std::string hash_of(const std::vector<float>& input) {
  std::uint64_t h = 0xCBF29CE484222325;
  for (float value : input) {
    float byte = std::round(value * 255);
    if (!(std::fabs(value * 255 - byte) < 1e-3F)) return "not a byte";
    h = (h ^ static_cast<std::uint64_t>(byte)) * 0x100000001B3;
  }
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(h));
  return text;
}

TEST_CASE("prepared pictures have Pillow's bytes") {
  auto golden = nlohmann::json::parse(std::ifstream(EFFNET_SOURCE_DIR "/tests/data/prepare_golden.json"));
  REQUIRE(golden["cases"].size() > 150);
  for (const auto& row : golden["cases"]) {
    int width = row[0], height = row[1], resolution = row[3];
    INFO(row.dump());
    Preparer preparer(resolution, preprocessing(row[4], row[5]));
    std::size_t padding = static_cast<std::size_t>(width) % 5;
    std::vector<std::uint8_t> pixels =
        picture(static_cast<std::uint32_t>(width), static_cast<std::uint32_t>(height), row[2], padding);
    std::vector<float> input(3 * static_cast<std::size_t>(resolution) * static_cast<std::size_t>(resolution));
    REQUIRE(effnet_prepare(preparer.model, pixels.data(), width, height,
                           3 * static_cast<std::size_t>(width) + padding, input.data()) == EFFNET_OK);
    CHECK(hash_of(input) == row[6]);
  }
}

TEST_CASE("mean and std are applied as PyTorch does it, in float") {
  WeightsFile file = preprocessing("1.0", "bicubic");
  file.value("mean") = "0.485,0.456,0.406";
  file.value("std") = "0.229,0.224,0.225";
  Preparer preparer(2, file);
  std::vector<std::uint8_t> pixels = {0, 1, 2, 128, 129, 130, 253, 254, 255, 7, 8, 9};
  std::vector<float> input(12);
  REQUIRE(effnet_prepare(preparer.model, pixels.data(), 2, 2, 6, input.data()) == EFFNET_OK);
  const float mean[3] = {0.485F, 0.456F, 0.406F}, std[3] = {0.229F, 0.224F, 0.225F};
  for (std::size_t i = 0; i < 12; ++i) {
    volatile float scaled = static_cast<float>(pixels[i]) / 255.0F;
    volatile float shifted = scaled - mean[i % 3];
    CHECK(input[i] == shifted / std[i % 3]);
  }
}

TEST_CASE("the region is what resizing and cropping leave of a picture") {
  Preparer preparer(224, preprocessing("0.875", "bicubic"));
  effnet_region region = {};
  REQUIRE(effnet_get_region(preparer.model, 600, 400, &region) == EFFNET_OK);  // 384 x 256, cropped at 80, 16
  CHECK(region.left == 125);
  CHECK(region.top == 25);
  CHECK(region.width == 350);
  CHECK(region.height == 350);
  REQUIRE(effnet_get_region(preparer.model, 3, 65535, &region) == EFFNET_OK);
  CHECK(region.left == Approx(3 * 16 / 256.0));
  CHECK(region.height == Approx(3 * 224 / 256.0));
  CHECK(region.top == Approx((65535 - region.height) / 2).margin(0.01));

  for (const auto& [width, height] : {std::pair{0, 5}, {5, 0}, {65536, 5}, {-1, -1}})
    CHECK(effnet_get_region(preparer.model, width, height, &region) == EFFNET_INVALID_ARGUMENT);
  CHECK_THAT(effnet_error(preparer.model), Contains("both sides must be from 1 to 65535"));
  CHECK(effnet_get_region(preparer.model, 5, 5, nullptr) == EFFNET_INVALID_ARGUMENT);
  CHECK(effnet_get_region(nullptr, 5, 5, &region) == EFFNET_INVALID_ARGUMENT);
}

TEST_CASE("pictures of impossible sizes are refused") {
  Preparer preparer(8, preprocessing("0.875", "bilinear"));
  std::vector<std::uint8_t> pixels(12);
  std::vector<float> input(8 * 8 * 3, -5);
  auto prepare = [&](int width, int height, std::size_t stride) {
    return effnet_prepare(preparer.model, pixels.data(), width, height, stride, input.data());
  };
  CHECK(prepare(0, 1, 12) == EFFNET_INVALID_ARGUMENT);
  CHECK(prepare(1, 0, 12) == EFFNET_INVALID_ARGUMENT);
  CHECK(prepare(-1, 1, 12) == EFFNET_INVALID_ARGUMENT);
  CHECK(prepare(65536, 1, 65536 * 3) == EFFNET_INVALID_ARGUMENT);
  CHECK_THAT(effnet_error(preparer.model), Contains("65536 x 1") && Contains("65535"));
  CHECK(prepare(2, 2, 5) == EFFNET_INVALID_ARGUMENT);
  CHECK_THAT(effnet_error(preparer.model), Contains("stride of 5"));
  CHECK(prepare(2, 2, SIZE_MAX) == EFFNET_INVALID_ARGUMENT);
  CHECK(effnet_prepare(preparer.model, nullptr, 2, 2, 6, input.data()) == EFFNET_INVALID_ARGUMENT);
  CHECK(effnet_prepare(preparer.model, pixels.data(), 2, 2, 6, nullptr) == EFFNET_INVALID_ARGUMENT);
  CHECK(input[0] == -5);
}

TEST_CASE("preparation takes little memory, from the application's allocator, and gives it back") {
  struct Counter {
    int calls = 0, fail_at = -1, live = 0;
    std::size_t bytes = 0;
  } counter;
  effnet_options options = {};
  options.allocator_context = &counter;
  options.allocate = [](void* context, std::size_t bytes, std::size_t alignment) -> void* {
    auto& self = *static_cast<Counter*>(context);
    if (self.calls++ == self.fail_at) return nullptr;
    ++self.live;
    self.bytes += bytes;
    return std::aligned_alloc(alignment, bytes);
  };
  options.release = [](void* context, void* block) {
    --static_cast<Counter*>(context)->live;
    std::free(block);
  };
  Preparer preparer(224, preprocessing("0.875", "bicubic"), &options);
  std::vector<std::uint8_t> pixels = picture(600, 400, "noise", 0);
  std::vector<float> input(224 * 224 * 3);
  int live = counter.live, failures = 0;
  for (;; ++failures) {
    counter.fail_at = counter.calls + failures;
    counter.bytes = 0;
    effnet_status status = effnet_prepare(preparer.model, pixels.data(), 600, 400, 1800, input.data());
    CHECK(counter.live == live);
    if (status == EFFNET_OK) break;
    CHECK(status == EFFNET_OUT_OF_MEMORY);
    CHECK_THAT(effnet_error(preparer.model), Contains("out of memory for a picture of 600 x 400"));
  }
  CHECK(failures == 8);
  CHECK(counter.bytes < 64 * 1024);
}

}  // namespace
}  // namespace effnet::tiny
