#include "models/fold_calibration.h"

#include <cmath>

#include "tests/catch.h"
#include "tests/models/tensor_values.h"

using namespace effnet;
using test::values_of;

namespace {

constexpr int outputs = 20, inputs = 8;
const WeightStorage fours = {Element::i8, 4};

struct Layer20 {
  std::vector<double> weight, bias;
  Layer20() : weight(outputs * inputs), bias(outputs) {
    for (std::size_t i = 0; i < weight.size(); ++i) weight[i] = std::sin(static_cast<double>(i));
    for (int i = 0; i < outputs; ++i) bias[i] = 0.1 * i;
  }
  std::vector<TensorBytes> packed(const WeightStorage& storage) const {
    return pack_layer(weight, bias, inputs, 1, storage);
  }
};

// What a layer computes of stored inputs: their sum with stored weights, times the scales, and the bias.
double computed(const std::vector<TensorBytes>& packed, const CalibratedTensor& input,
                const std::vector<int>& steps, int output) {
  const auto scale = values_of<float>(packed[0]);
  const auto weight = values_of<std::int8_t>(packed[1]);
  int sum = 0;
  for (int i = 0; i < inputs; ++i)
    sum += steps[i] * weight[((output / 16 * (inputs / 4) + i / 4) * 16 + output % 16) * 4 + i % 4];
  return sum * static_cast<double>(scale[output]) * static_cast<double>(input.scale) +
         static_cast<double>(values_of<float>(packed[2])[output]);
}

}  // namespace

TEST_CASE("The bias takes off what the zero point adds to sums of stored values") {
  const Layer20 layer;
  CalibratedTensor input;
  input.scale = 0.03f;
  input.zero_point = 40;
  auto packed = layer.packed(fours);
  fold_input(input, layer.packed({}), fours, packed);
  const std::vector<int> steps = {0, 255, 40, 41, 39, 100, 7, 200};
  for (int o = 0; o < outputs; ++o) {
    double wanted = layer.bias[o];
    for (int i = 0; i < inputs; ++i)
      wanted += layer.weight[o * inputs + i] * (steps[i] - 40) * static_cast<double>(input.scale);
    CHECK(computed(packed, input, steps, o) == Approx(wanted).margin(inputs * 0.5 / 127 * 215 * 0.03));
  }
  const std::vector<int> zeros(inputs, 40);  // exact: weights do not matter
  for (int o = 0; o < outputs; ++o)
    CHECK(computed(packed, input, zeros, o) == Approx(layer.bias[o]).margin(1e-5));
}

TEST_CASE("With known means the bias makes up for rounded weights: in the mean there is no error") {
  const Layer20 layer;
  CalibratedTensor input;
  input.scale = 0.02f;
  input.zero_point = 10;
  std::vector<int> steps;
  for (int i = 0; i < inputs; ++i) {
    steps.push_back(10 + 25 * i);
    input.means.push_back(static_cast<double>(input.scale) * 25 * i);
  }
  auto packed = layer.packed(fours);
  fold_input(input, layer.packed({}), fours, packed);
  for (int o = 0; o < outputs; ++o) {
    double wanted = layer.bias[o];
    for (int i = 0; i < inputs; ++i) wanted += layer.weight[o * inputs + i] * input.means[i];
    CHECK(computed(packed, input, steps, o) == Approx(wanted).margin(1e-5));
  }
}

TEST_CASE("Every layer reads the map that the one before it writes") {
  const Network network = *build_network(*find_network("efficientnet_b0"));
  const auto maps = layer_maps(network);
  CHECK(maps.at("blocks.0.depthwise").input == "stem");
  CHECK(maps.at("blocks.0.project").input == "blocks.0.gated");
  CHECK(maps.at("blocks.1.expand").input == "blocks.0");
  CHECK(maps.at("blocks.1.depthwise").input == "blocks.1.expand");
  CHECK(maps.at("blocks.1.squeeze_excite").output == "blocks.1.gated");
  CHECK(maps.at("head").input == "blocks.15");
  const auto lite = layer_maps(*build_network(*find_network("tf_efficientnet_lite0")));
  CHECK(lite.at("blocks.0.project").input == "blocks.0.depthwise");
  for (const auto& [layer, around] : maps)
    if (layer != "stem") CHECK_FALSE(around.input.empty());
}

TEST_CASE("A gated map's scale is one that kernels can multiply to") {
  const Network network = *build_network(*find_network("efficientnet_b0"));
  Calibration calibration;
  calibration.tensors["blocks.0.depthwise"].scale = calibration.tensors["blocks.1.depthwise"].scale = 0.5f;
  calibration.tensors["blocks.0.gated"].scale = 0.5f / 128;
  calibration.tensors["blocks.1.gated"].scale = 0.5f / 129;
  calibration.tensors["blocks.2.gated"].scale = 1e-6f;
  bound_gated_scales(network, calibration);
  CHECK(calibration.tensors.at("blocks.0.gated").scale == 0.5f / 128);
  CHECK(calibration.tensors.at("blocks.1.gated").scale == 0.5f / 128);
  CHECK(calibration.tensors.at("blocks.2.gated").scale == 1e-6f);  // of no known ratio
}

TEST_CASE("An affine tensor holds the scale, the zero point and what the scale divides by") {
  CalibratedTensor map;
  map.scale = 0.25f;
  map.zero_point = 17;
  const auto numbers = values_of<float>(pack_affine(map));
  REQUIRE(numbers.size() == 16);
  CHECK(numbers[0] == 0.25f);
  CHECK(numbers[1] == 17);
  CHECK(numbers[2] == 4);
  CHECK(numbers[3] == 0);
}
