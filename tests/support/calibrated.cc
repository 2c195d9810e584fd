#include "tests/support/calibrated.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "tests/support/seeded.h"

namespace effnet::test {
namespace {

// Runs the network with unnormalised weights and normalises every layer's output by its own statistics.
class Calibration {
 public:
  Calibration(const Network& network, std::uint64_t seed) : network_(network), layers_(timm_layers(network)) {
    for (const TimmLayer& layer : layers_)
      if (!layer.norm.empty()) set(layer, Values(layer.shape[0], 0), Values(layer.shape[0], 1));
    state_ = seeded_state(network, statistics_, seed);
  }

  FloatTensors run(const Tensor3& input) {
    Tensor3 map = layer(network_.stem, input);
    for (const Block& b : network_.blocks) map = block(b, map);
    layer(network_.head, map);
    return std::move(state_);
  }

 private:
  Tensor3 block(const Block& b, const Tensor3& input) {
    Tensor3 map = b.has_expand ? layer(b.expand, input) : input;
    map = layer(b.depthwise, map);
    if (b.has_squeeze_excite) map = gated(b.squeeze_excite, std::move(map));
    map = layer(b.project, map);
    return b.residual ? add(std::move(map), input) : map;
  }

  Tensor3 gated(const Layer& l, Tensor3 map) const {
    const auto values = [&](const char* part, const char* what) {
      return to_values(find(state_, timm_name(l.name + part).name + what));
    };
    const SqueezeExcite weights{values(".reduce", ".weight"), values(".reduce", ".bias"),
                                values(".expand", ".weight"), values(".expand", ".bias")};
    const Values gates = squeeze_excite_gates(average(map), weights);
    return scale(std::move(map), gates);
  }

  Tensor3 layer(const Layer& l, const Tensor3& input) {
    const TimmLayer& names = timm_name(l.name);
    const Values weight = to_values(find(state_, names.name + ".weight")), none(l.out.channels, 0);
    const Window window{l.kernel, l.stride, l.border};
    Tensor3 map = l.kind == LayerKind::convolution ? convolution(input, weight, none, window)
                  : l.kind == LayerKind::depthwise ? depthwise(input, weight, none, window)
                                                   : pointwise(input, weight, none);
    normalise(names, map);
    return activate(l.activation, std::move(map));
  }

  void normalise(const TimmLayer& names, Tensor3& map) {
    constexpr double least_variance =
        0.6;  // less makes networks that enlarge rounding errors, more loses the input
    const std::size_t channels = map.channels, pixels = map.values.size() / channels;
    Values mean = average(map), variance(channels, 0);
    for (std::size_t i = 0; i < map.values.size(); ++i)
      variance[i % channels] += std::pow(map.values[i] - mean[i % channels], 2) / static_cast<double>(pixels);
    for (double& v : variance) v = std::max(v, least_variance);
    // What the file says in float32 is what the network computes with.
    set(names, mean, variance);
    mean = to_values(find(state_, names.norm + ".running_mean"));
    variance = to_values(find(state_, names.norm + ".running_var"));
    const Values factor = to_values(find(state_, names.norm + ".weight")),
                 shift = to_values(find(state_, names.norm + ".bias"));
    for (std::size_t i = 0; i < map.values.size(); ++i) {
      const std::size_t c = i % channels;
      map.values[i] =
          (map.values[i] - mean[c]) / std::sqrt(variance[c] + network_.batch_norm_epsilon) * factor[c] +
          shift[c];
    }
  }

  void set(const TimmLayer& names, const Values& mean, const Values& variance) {
    for (const auto& [name, values] :
         {std::pair{".running_mean", &mean}, std::pair{".running_var", &variance}}) {
      FloatTensor tensor{{static_cast<std::int64_t>(values->size())}, {values->begin(), values->end()}};
      (state_.empty() ? statistics_ : state_)[names.norm + name] = std::move(tensor);
    }
  }

  const TimmLayer& timm_name(const std::string& folded) const {
    for (const TimmLayer& layer : layers_)
      if (layer.folded == folded) return layer;
    throw std::runtime_error("no layer " + folded);
  }

  static Values to_values(const FloatTensor& tensor) { return {tensor.values.begin(), tensor.values.end()}; }

  const Network& network_;
  std::vector<TimmLayer> layers_;
  FloatTensors statistics_, state_;
};

}  // namespace

FloatTensors calibrated_state(const Network& network, const Tensor3& input, std::uint64_t seed) {
  return Calibration(network, seed).run(input);
}

}  // namespace effnet::test
