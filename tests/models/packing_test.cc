#include "models/packing.h"

#include <numeric>
#include <set>

#include "tests/catch.h"

using namespace effnet;

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
  const std::vector<PackedTensor> tensors = packed_tensors(build("efficientnet_b0"));
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

TEST_CASE("Every packed tensor is a multiple of 64 bytes") {
  for (const NetworkConfig& config : variants())
    for (const PackedTensor& tensor : packed_tensors(*build_network(config)))
      CHECK(std::accumulate(tensor.shape.begin(), tensor.shape.end(), std::int64_t{4}, std::multiplies<>()) %
                64 ==
            0);
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
    CHECK(seen.insert(fingerprint(*build_network(config))).second);
  for (const int classes : {1, 10, 999, 1001, 1008})  // 999 to 1008 have equal panels
    CHECK(seen.insert(fingerprint(build("efficientnet_b0", classes))).second);
  for (const std::string& text : seen) {
    CHECK(text.size() == 16);
    CHECK(text.find_first_not_of("0123456789abcdef") == std::string::npos);
  }
}

TEST_CASE("The resolution is no part of the fingerprint") {
  CHECK(fingerprint(build("tf_efficientnet_b0", 1000, 97)) == fingerprint(build("tf_efficientnet_b0")));
}
