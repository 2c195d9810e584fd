#include "tests/support/packed.h"

#include <stdexcept>

#include "tests/support/seeded.h"

namespace effnet::test {
namespace {

constexpr std::size_t lanes = 16;  // outputs in a panel

// Calls element(index in PyTorch's order, index in the panels) for every weight.
template <typename Element>
void for_each_weight(int outputs, int inputs, int kernel, const Element& element) {
  const std::size_t taps = std::size_t(kernel) * kernel, inner = taps * inputs;
  for (std::size_t o = 0; o < std::size_t(outputs); ++o)
    for (std::size_t i = 0; i < std::size_t(inputs); ++i)
      for (std::size_t tap = 0; tap < taps; ++tap)
        element(o * inner + i * taps + tap, ((o / lanes) * inner + tap * inputs + i) * lanes + o % lanes);
}

std::size_t panel_lanes(std::size_t outputs) { return (outputs + lanes - 1) / lanes * lanes; }

void require_size(std::size_t size, std::size_t wanted) {
  if (size != wanted)
    throw std::runtime_error("a tensor has " + std::to_string(size) + " elements instead of " +
                             std::to_string(wanted));
}

}  // namespace

Values unpack_weight(const std::vector<float>& packed, int outputs, int inputs, int kernel) {
  const std::size_t inner = std::size_t(inputs) * kernel * kernel;
  require_size(packed.size(), panel_lanes(outputs) * inner);
  Values weight(inner * outputs);
  for_each_weight(outputs, inputs, kernel,
                  [&](std::size_t plain, std::size_t panel) { weight[plain] = packed[panel]; });
  return weight;
}

Values unpack_bias(const std::vector<float>& packed, int outputs) {
  require_size(packed.size(), panel_lanes(outputs));
  return {packed.begin(), packed.begin() + outputs};
}

Values unpack_matrix(const FloatTensor& stored, const FloatTensor* scale, int outputs, int inputs) {
  // [panel][inputs][16], or [panel][inputs / together][16][together].
  const std::size_t together = stored.shape.size() == 4 ? stored.shape[3] : 1, groups = stored.shape[1];
  require_size(stored.values.size(), panel_lanes(outputs) * groups * together);
  Values weight;
  for (std::size_t o = 0; o < std::size_t(outputs); ++o)
    for (std::size_t i = 0; i < std::size_t(inputs); ++i) {
      const std::size_t row = o / lanes * groups + i / together;
      const double value = stored.values[(row * lanes + o % lanes) * together + i % together];
      weight.push_back(scale ? value * scale->values[o] : value);
    }
  return weight;
}

PlainWeights unpack(const Network& network, const FloatTensors& packed) {
  PlainWeights weights;
  for (const TimmLayer& layer : timm_layers(network)) {
    const int outputs = static_cast<int>(layer.shape[0]), inputs = static_cast<int>(layer.shape[1]);
    const int kernel = layer.shape.size() > 2 ? static_cast<int>(layer.shape[2]) : 1;
    const std::string weight = layer.folded + ".weight", bias = layer.folded + ".bias";
    const auto scale = packed.find(layer.folded + ".scale");
    const FloatTensor& stored = find(packed, weight);
    // Depthwise weights of shorter types lie like a matrix of taps.
    const bool is_matrix = kernel == 1 || stored.shape.size() == 3;
    weights[weight] = is_matrix ? unpack_matrix(stored, scale == packed.end() ? nullptr : &scale->second,
                                                outputs, inputs * kernel * kernel)
                                : unpack_weight(stored.values, outputs, inputs, kernel);
    weights[bias] = unpack_bias(find(packed, bias).values, outputs);
  }
  return weights;
}

}  // namespace effnet::test
