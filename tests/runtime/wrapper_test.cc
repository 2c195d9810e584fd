#include <utility>

#include "runtime/include/effnet.hpp"
#include "tests/catch.h"
#include "tests/runtime/tiny_program.h"

namespace effnet::tiny {
namespace {

// What a generated library offers.
const Program& program() {
  static const Program instance;
  return instance;
}
effnet_status tiny_open(const char* path, const effnet_options* options, effnet_model** out) {
  return effnet_open_program(&program(), path, options, out);
}
effnet_status tiny_open_memory(const void* weights, std::size_t bytes, const effnet_options* options,
                               effnet_model** out) {
  return effnet_open_program_memory(&program(), weights, bytes, options, out);
}

effnet_status tiny_open_embedded(const effnet_options* options, effnet_model** out) {
  static AlignedBytes weights(WeightsFile().bytes());
  return tiny_open_memory(weights.data(), weights.size(), options, out);
}

TEST_CASE("the C++ wrapper opens weights that lie in the library") {
  Model model;
  REQUIRE(!model.open(tiny_open_embedded));
  std::vector<float> logits(model.classes());
  CHECK(!model.run(input(0), logits));
}

TEST_CASE("the C++ wrapper opens, prepares and runs") {
  TemporaryFile file(WeightsFile().bytes());
  Model model;
  CHECK(!model);
  Error error = model.open(tiny_open, file.path());
  INFO(error.text());
  REQUIRE(!error);
  std::vector<float> pixels(model.input_size()), logits(model.classes());
  std::vector<std::uint8_t> rgb(10 * 12 * 3, 200);
  REQUIRE(!model.prepare({rgb.data(), 10, 12}, pixels));
  CHECK(pixels[0] == Approx((200 / 255.0 - 0.485) / 0.229));
  pixels = input(0);
  REQUIRE(!model.run(pixels, logits));
  CHECK(logits[0] == Approx(expected(pixels, WeightsFile()).logits[0]).margin(1e-5));
  std::vector<float> values(model.features()), map(model.map_size());
  model.start_profile();
  REQUIRE(!model.run(1, pixels, {.features = values, .last_map = map}));
  CHECK(model.profile()[0].seconds > 0);
  CHECK(values[0] == Approx(expected(pixels, WeightsFile()).features[0]).margin(1e-5));
  softmax(logits);
  CHECK(logits[0] + logits[1] + logits[2] == Approx(1));
  TemporaryFile head(head_file(7).bytes());
  REQUIRE(!model.set_head(head.path()));
  CHECK(model.classes() == 7);
}

TEST_CASE("the C++ wrapper returns errors as values and keeps what was open") {
  AlignedBytes weights(WeightsFile().bytes());
  Model model;
  std::vector<float> pixels = input(0), logits(classes);
  CHECK(model.run(pixels, logits).status() == EFFNET_INVALID_ARGUMENT);
  REQUIRE(!model.open(tiny_open_memory, {static_cast<const std::byte*>(weights.data()), weights.size()}));
  Error error = model.open(tiny_open, "/nowhere/x.weights");
  CHECK(error.status() == EFFNET_CANNOT_READ);
  CHECK(std::string(error.text()) == "/nowhere/x.weights: no such file");
  CHECK(model);
  logits.resize(2);
  CHECK(model.run(pixels, logits).status() == EFFNET_INVALID_ARGUMENT);
  CHECK(model.run(2, pixels, {}).status() == EFFNET_INVALID_ARGUMENT);
  CHECK(model.set_head("/nowhere/head").status() == EFFNET_CANNOT_READ);
}

TEST_CASE("a C++ model moves") {
  TemporaryFile file(WeightsFile().bytes());
  Model first;
  REQUIRE(!first.open(tiny_open, file.path()));
  effnet_model* handle = first.get();
  Model second = std::move(first);
  CHECK(second.get() == handle);
  Model third;
  third = std::move(second);
  CHECK(third.get() == handle);
  third.close();
  CHECK(!third);
}

}  // namespace
}  // namespace effnet::tiny
