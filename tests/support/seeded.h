// Weights and an input that any program can generate: the
// recipe of tests/data/golden/make_golden.py, by timm's names.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "models/network.h"
#include "tests/support/reference.h"
#include "tests/support/tensors.h"

namespace effnet::test {

// Uniform numbers in [0, 1), element i of the tensor `name`; exact in float32.
class SeededNumbers {
 public:
  explicit SeededNumbers(std::string_view name, std::uint64_t seed = 1);
  float operator()(std::uint64_t i) const;

 private:
  std::uint64_t key_;
};

// One weighted layer as timm names it.
struct TimmLayer {
  std::string name;    // "blocks.1.0.conv_pw"
  std::string norm;    // "blocks.1.0.bn1"; empty: the layer has a bias and no BatchNorm
  std::string folded;  // its name in models/packing.h: "blocks.1.expand", "blocks.1.squeeze_excite.reduce"
  std::vector<std::int64_t> shape;  // of its weight, outputs first
};
std::vector<TimmLayer> timm_layers(const Network& network);

// timm's state dict: weights by the recipe, running means
// and variances taken from `statistics` by their names.
FloatTensors seeded_state(const Network& network, const FloatTensors& statistics, std::uint64_t seed = 1);

// BatchNorm folded into weights and biases in double precision, with the network's epsilon.
PlainWeights fold(const Network& network, const FloatTensors& state);

// [3][resolution][resolution], as make_golden.py has it.
std::vector<float> seeded_input(int resolution, std::uint64_t seed = 1);
// The same with channels innermost.
std::vector<float> channels_innermost(const std::vector<float>& planes, int resolution);
Tensor3 to_map(const std::vector<float>& channels_innermost, int resolution);

}  // namespace effnet::test
