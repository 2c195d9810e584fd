#include "models/fold_calibration.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "models/weight_error.h"

namespace effnet {
namespace {

template <typename T>
std::vector<T> values_of(const TensorBytes& bytes) {
  std::vector<T> values(bytes.size() / sizeof(T));
  std::memcpy(values.data(), bytes.data(), values.size() * sizeof(T));
  return values;
}

// One output channel of panels of `rows` inputs.
float lane_at(const std::vector<float>& panels, std::size_t rows, std::size_t output, std::size_t input) {
  return panels[(output / panel_lanes * rows + input) * panel_lanes + output % panel_lanes];
}

}  // namespace

std::map<std::string, LayerMaps> layer_maps(const Network& network) {
  std::map<std::string, LayerMaps> maps;
  std::string map = "stem";
  maps[network.stem.name] = {"", map};
  for (const Block& block : network.blocks) {
    if (block.has_expand) maps[block.expand.name] = {map, block.name + ".expand"};
    const std::string wide = block.name + ".depthwise", gated = block.name + ".gated";
    maps[block.depthwise.name] = {block.has_expand ? block.name + ".expand" : map, wide};
    if (block.has_squeeze_excite) maps[block.squeeze_excite.name] = {wide, gated};
    maps[block.project.name] = {block.has_squeeze_excite ? gated : wide, block.name};
    map = block.name;
  }
  maps[network.head.name] = {map, "head"};
  return maps;
}

void bound_gated_scales(const Network& network, Calibration& calibration) {
  for (const Block& block : network.blocks) {
    const auto wide = calibration.tensors.find(block.name + ".depthwise");
    const auto gated = calibration.tensors.find(block.name + ".gated");
    if (wide == calibration.tensors.end() || gated == calibration.tensors.end()) continue;
    gated->second.scale = std::max(gated->second.scale, std::ldexp(wide->second.scale, -most_gate_bits));
  }
}

TensorBytes pack_affine(const CalibratedTensor& map) {
  const std::array<float, panel_lanes> numbers = {map.scale, static_cast<float>(map.zero_point),
                                                  1 / map.scale};
  TensorBytes bytes(sizeof numbers);
  std::memcpy(bytes.data(), numbers.data(), sizeof numbers);
  return bytes;
}

void fold_input(const CalibratedTensor& input, const std::vector<TensorBytes>& exact,
                const WeightStorage& storage, std::vector<TensorBytes>& packed) {
  std::vector<float> bias = values_of<float>(packed[2]);
  const std::size_t panel_count = bias.size() / panel_lanes,
                    inputs = exact[0].size() / sizeof(float) / bias.size();
  const std::vector<float> stored =
      to_panels({storage.element, storage.together, panel_count, packed[1], packed[0]});
  const std::vector<float> wanted = values_of<float>(exact[0]);
  const std::size_t rows = stored.size() / bias.size();
  const double zero = static_cast<double>(input.scale) * input.zero_point;
  for (std::size_t c = 0; c < bias.size(); ++c) {
    double change = 0;
    for (std::size_t i = 0; i < inputs; ++i) {
      const double weight = static_cast<double>(lane_at(stored, rows, c, i));
      change -= zero * weight;
      if (i < input.means.size())
        change -= (weight - static_cast<double>(lane_at(wanted, inputs, c, i))) * input.means[i];
    }
    bias[c] = static_cast<float>(static_cast<double>(bias[c]) + change);
  }
  std::memcpy(packed[2].data(), bias.data(), packed[2].size());
}

}  // namespace effnet
