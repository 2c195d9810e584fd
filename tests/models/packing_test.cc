#include "models/packing.h"

#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <set>

#include "formats/bf16.h"

#include "tests/catch.h"
#include "tests/models/tensor_values.h"

using namespace effnet;
using test::values_of;

namespace {

Network build(const std::string& name, int classes = 1000, int resolution = 0) {
  Result<NetworkConfig> config = find_network(name);
  REQUIRE(config);
  config->classes = classes;
  if (resolution) config->resolution = resolution;
  Result<Network> network = build_network(*config);
  REQUIRE(network);
  return *std::move(network);
}

// Position of a weight in the packed tensor, straight from the comment of models/packing.h.
std::size_t position(int c, int i, int y, int x, int inputs, int kernel) {
  return (((static_cast<std::size_t>(c / 16) * kernel + y) * kernel + x) * inputs + i) * 16 + c % 16;
}

}  // namespace

TEST_CASE("Packed tensors have the names, order and shapes of the layout") {
  const std::vector<PackedTensor> tensors = packed_tensors(build("efficientnet_b0"), Precision::fp32);
  const auto is = [&](std::size_t at, const std::string& name, const std::vector<int>& shape) {
    CHECK(tensors[at].name == name);
    CHECK(tensors[at].shape == shape);
  };
  is(0, "stem.weight", {2, 3, 3, 3, 16});
  is(1, "stem.bias", {32});
  is(2, "blocks.0.depthwise.weight", {2, 3, 3, 16});
  is(4, "blocks.0.squeeze_excite.reduce.weight", {1, 32, 16});
  is(5, "blocks.0.squeeze_excite.reduce.bias", {16});
  is(6, "blocks.0.squeeze_excite.expand.weight", {2, 8, 16});
  is(8, "blocks.0.project.weight", {1, 32, 16});
  is(10, "blocks.1.expand.weight", {6, 16, 16});
  is(tensors.size() - 4, "head.weight", {80, 320, 16});
  is(tensors.size() - 2, "classifier.weight", {63, 1280, 16});
  is(tensors.size() - 1, "classifier.bias", {1008});
}

TEST_CASE("Every packed tensor is a multiple of 64 bytes, whatever the element type") {
  for (const NetworkConfig& config : variants())
    for (const PrecisionTraits& type : precisions())
      for (const PackedTensor& tensor : packed_tensors(*build_network(config), type.precision))
        CHECK(tensor.bytes() % 64 == 0);
}

TEST_CASE("Other element types have pairs of inputs, or scales, where the layout says") {
  const auto shapes = [](Precision precision) {
    std::map<std::string, PackedTensor> result;
    for (const PackedTensor& tensor : packed_tensors(build("efficientnet_b0"), precision))
      result[tensor.name] = tensor;
    return result;
  };
  const auto bf16 = shapes(Precision::bf16), int8 = shapes(Precision::int8_weights);
  CHECK(bf16.at("blocks.1.expand.weight").shape == std::vector<int>{6, 8, 16, 2});
  CHECK(bf16.at("blocks.1.squeeze_excite.expand.weight").shape == std::vector<int>{6, 4, 16});
  CHECK(bf16.at("classifier.weight").shape == std::vector<int>{63, 1280, 16});
  CHECK(bf16.at("classifier.weight").element == Element::bf16);
  CHECK(bf16.count("classifier.scale") == 0);
  CHECK(int8.at("blocks.1.expand.weight").shape == std::vector<int>{6, 16, 16});
  CHECK(int8.at("blocks.1.expand.scale").shape == std::vector<int>{96});
  CHECK(int8.at("blocks.3.squeeze_excite.expand.weight").shape == std::vector<int>{9, 8, 16});  // 6 inputs
  for (const auto& tensors : {bf16, int8})
    for (const char* name : {"stem.weight", "blocks.0.depthwise.weight", "head.bias", "classifier.bias"})
      CHECK(tensors.at(name).element == Element::f32);
}

TEST_CASE("int8 has fours of inputs, depthwise weights in bf16, and what the steps of its maps stand for") {
  std::map<std::string, PackedTensor> int8;
  for (const PackedTensor& tensor : packed_tensors(build("efficientnet_b0"), Precision::int8))
    int8[tensor.name] = tensor;
  CHECK(int8.at("blocks.1.expand.weight").shape == std::vector<int>{6, 4, 16, 4});
  CHECK(int8.at("blocks.1.expand.scale").shape == std::vector<int>{96});
  CHECK(int8.at("blocks.3.squeeze_excite.expand.weight").shape == std::vector<int>{9, 8, 16});
  CHECK(int8.at("blocks.1.depthwise.weight").shape == std::vector<int>{6, 10, 16});  // 3 x 3, to 64 bytes
  CHECK(int8.at("blocks.1.depthwise.weight").element == Element::bf16);
  CHECK(int8.at("stem.weight").element == Element::f32);
  for (const char* name : {"stem", "blocks.2.depthwise", "blocks.2.squeeze_excite", "blocks.2.project"})
    CHECK(int8.at(name + std::string(".affine")).shape == std::vector<int>{16});
  for (const char* name : {"blocks.2.expand", "head", "classifier"})
    CHECK(int8.count(name + std::string(".affine")) == 0);
}

TEST_CASE("bfloat16 rounds to nearest, halves to even") {
  CHECK(to_bf16(1.0f) == 0x3f80);
  CHECK(to_bf16(0x1.01p0f) == 0x3f80);      // half way: to even, downwards
  CHECK(to_bf16(0x1.010002p0f) == 0x3f81);  // just above it
  CHECK(to_bf16(0x1.03p0f) == 0x3f82);      // half way: to even, upwards
  CHECK(to_bf16(-0x1.03p0f) == 0xbf82);
  CHECK(from_bf16(0x3f82) == 0x1.04p0f);
  CHECK(std::isnan(from_bf16(to_bf16(std::numeric_limits<float>::quiet_NaN()))));
  CHECK(std::isinf(from_bf16(to_bf16(std::numeric_limits<float>::max()))));
  for (const std::uint16_t bits :
       std::initializer_list<std::uint16_t>{0x0000, 0x0001, 0x7f7f, 0x8000, 0xff80})
    CHECK(to_bf16(from_bf16(bits)) == bits);
}

TEST_CASE("Weights of bf16 lie in pairs of inputs") {
  const int outputs = 20, inputs = 6;
  std::vector<double> weight(outputs * inputs), bias(outputs, 0.5);
  std::iota(weight.begin(), weight.end(), 1.0);  // up to 120: exact
  const std::vector<TensorBytes> tensors = pack_layer(weight, bias, inputs, 1, {Element::bf16, 2});
  REQUIRE(tensors.size() == 2);
  const auto stored = values_of<std::uint16_t>(tensors[0]);
  REQUIRE(stored.size() == 32 * inputs);
  for (int o = 0; o < outputs; ++o)
    for (int i = 0; i < inputs; ++i)
      CHECK(from_bf16(stored[((o / 16 * (inputs / 2) + i / 2) * 16 + o % 16) * 2 + i % 2]) ==
            static_cast<float>(weight[o * inputs + i]));
  CHECK(values_of<float>(tensors[1])[19] == 0.5f);
}

TEST_CASE("8 bit weights are off by half a step of their output channel at most; zeros fill a panel up") {
  const int outputs = 17, inputs = 6, stored_rows = 8;
  std::vector<double> weight(outputs * inputs), bias(outputs);
  for (int i = 0; i < outputs * inputs; ++i) weight[i] = std::sin(i) * (1 + i / inputs);  // larger by channel
  for (int i = 0; i < inputs; ++i) weight[3 * inputs + i] = 0;                            // a silent channel
  const std::vector<TensorBytes> tensors = pack_layer(weight, bias, inputs, 1, {Element::i8, 1});
  REQUIRE(tensors.size() == 3);
  const auto scale = values_of<float>(tensors[0]);
  const auto stored = values_of<std::int8_t>(tensors[1]);
  REQUIRE(scale.size() == 32);
  REQUIRE(stored.size() == 32 * stored_rows);
  for (int o = 0; o < outputs; ++o) {
    int largest = 0;
    for (int i = 0; i < stored_rows; ++i) {
      const int step = stored[(o / 16 * stored_rows + i) * 16 + o % 16];
      largest = std::max(largest, std::abs(step));
      const double wanted = i < inputs ? weight[o * inputs + i] : 0;
      CHECK(std::abs(step * static_cast<double>(scale[o]) - wanted) <= 0.5001 * scale[o]);
    }
    CHECK(largest == (o == 3 ? 0 : 127));
  }
}

TEST_CASE("8 bit weights lie in fours of inputs where they are multiplied so") {
  const int outputs = 17, inputs = 8;
  std::vector<double> weight(outputs * inputs), bias(outputs);
  for (int i = 0; i < outputs * inputs; ++i) weight[i] = std::sin(i);
  const auto rows = values_of<std::int8_t>(pack_layer(weight, bias, inputs, 1, {Element::i8, 1})[1]);
  const auto fours = values_of<std::int8_t>(pack_layer(weight, bias, inputs, 1, {Element::i8, 4})[1]);
  REQUIRE(fours.size() == rows.size());
  for (int o = 0; o < outputs; ++o)
    for (int i = 0; i < inputs; ++i)
      CHECK(fours[((o / 16 * (inputs / 4) + i / 4) * 16 + o % 16) * 4 + i % 4] ==
            rows[(o / 16 * inputs + i) * 16 + o % 16]);
}

TEST_CASE("Packing puts every weight into its panel and zeros into the rest") {
  struct Case {
    int outputs, inputs, kernel;
  };
  for (const Case& c : {Case{24, 3, 3}, Case{40, 1, 5}, Case{20, 7, 1}, Case{16, 8, 1}, Case{1, 1, 1}}) {
    CAPTURE(c.outputs, c.inputs, c.kernel);
    std::vector<double> weight(static_cast<std::size_t>(c.outputs) * c.inputs * c.kernel * c.kernel);
    std::iota(weight.begin(), weight.end(), 1.0);
    std::vector<float> packed = pack_weight(weight, c.outputs, c.inputs, c.kernel);
    REQUIRE(packed.size() == weight.size() / c.outputs * padded(c.outputs));
    std::size_t next = 0, wrong = 0;
    for (int o = 0; o < c.outputs; ++o)
      for (int i = 0; i < c.inputs; ++i)
        for (int y = 0; y < c.kernel; ++y)
          for (int x = 0; x < c.kernel; ++x) {
            float& value = packed[position(o, i, y, x, c.inputs, c.kernel)];
            wrong += value != static_cast<float>(weight[next++]);
            value = 0;
          }
    CHECK(wrong == 0);
    CHECK(packed == std::vector<float>(packed.size(), 0.0f));  // nothing else was set
  }
  CHECK(pack_bias(std::vector<double>{1, 2, 3}) ==
        std::vector<float>{1, 2, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
}

TEST_CASE("Fingerprints tell apart what must not be mixed up") {
  std::set<std::string> seen;
  for (const NetworkConfig& config : variants())
    CHECK(seen.insert(fingerprint(*build_network(config), Precision::fp32)).second);
  for (const int classes : {1, 10, 999, 1001, 1008})  // 999 to 1008 have equal panels
    CHECK(seen.insert(fingerprint(build("efficientnet_b0", classes), Precision::fp32)).second);
  for (const std::string& text : seen) {
    CHECK(text.size() == 16);
    CHECK(text.find_first_not_of("0123456789abcdef") == std::string::npos);
  }
}

TEST_CASE("The element type is part of the fingerprint") {
  std::set<std::string> seen;
  for (const PrecisionTraits& type : precisions())
    CHECK(seen.insert(fingerprint(build("tf_efficientnet_lite0"), type.precision)).second);
}

TEST_CASE("Precisions are found by name; others are refused with the nearest") {
  for (const PrecisionTraits& type : precisions()) CHECK(*find_precision(type.name) == type.precision);
  CHECK(find_precision("int8-weight").message().find("did you mean int8-weights") != std::string::npos);
}

TEST_CASE("The resolution is no part of the fingerprint") {
  CHECK(fingerprint(build("tf_efficientnet_b0", 1000, 97), Precision::fp32) ==
        fingerprint(build("tf_efficientnet_b0"), Precision::fp32));
}
