#include "tests/support/seeded.h"

#include <cmath>
#include <stdexcept>

namespace effnet::test {
namespace {

std::uint64_t fnv1a64(std::string_view text) {
  std::uint64_t hash = 0xCBF29CE484222325;
  for (const char letter : text) hash = (hash ^ static_cast<unsigned char>(letter)) * 0x100000001B3;
  return hash;
}

std::uint64_t splitmix64(std::uint64_t z) {
  z += 0x9E3779B97F4A7C15;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
  return z ^ (z >> 31);
}

std::size_t elements(const std::vector<std::int64_t>& shape) {
  std::size_t count = 1;
  for (const std::int64_t extent : shape) count *= static_cast<std::size_t>(extent);
  return count;
}

FloatTensor seeded_weight(const std::string& name, const std::vector<std::int64_t>& shape,
                          std::uint64_t seed) {
  FloatTensor tensor{shape, std::vector<float>(elements(shape))};
  const double fan_in = static_cast<double>(tensor.values.size() / static_cast<std::size_t>(shape[0]));
  const auto bound = static_cast<float>(std::sqrt(6 / fan_in));
  const SeededNumbers numbers(name, seed);
  for (std::size_t i = 0; i < tensor.values.size(); ++i)
    tensor.values[i] = (2.0f * numbers(i) - 1.0f) * bound;
  return tensor;
}

FloatTensor seeded_bias(const std::string& name, std::int64_t outputs, std::uint64_t seed) {
  FloatTensor tensor{{outputs}, std::vector<float>(static_cast<std::size_t>(outputs))};
  const SeededNumbers numbers(name, seed);
  for (std::size_t i = 0; i < tensor.values.size(); ++i) tensor.values[i] = (numbers(i) - 0.5f) * 0.2f;
  return tensor;
}

FloatTensor seeded_scale(const std::string& name, std::int64_t outputs, std::uint64_t seed) {
  FloatTensor tensor{{outputs}, std::vector<float>(static_cast<std::size_t>(outputs))};
  const SeededNumbers numbers(name, seed);
  for (std::size_t i = 0; i < tensor.values.size(); ++i) tensor.values[i] = 0.75f + 0.5f * numbers(i);
  return tensor;
}

std::vector<std::int64_t> weight_shape(const Layer& layer) {
  const std::int64_t in = layer.in.channels, out = layer.out.channels, kernel = layer.kernel;
  if (layer.kind == LayerKind::dense) return {out, in};
  if (layer.kind == LayerKind::depthwise) return {out, 1, kernel, kernel};
  return {out, in, kernel, kernel};
}

// Stage 0 has no expansion, and timm counts its layers from the depthwise one.
void add_block(std::vector<TimmLayer>& layers, const Block& block) {
  const std::string where = "blocks." + std::to_string(block.stage) + "." + std::to_string(block.index) + ".";
  const auto add = [&](const Layer& layer, const char* name, const char* norm) {
    layers.push_back({where + name, where + norm, layer.name, weight_shape(layer)});
  };
  if (block.has_expand) add(block.expand, "conv_pw", "bn1");
  add(block.depthwise, "conv_dw", block.has_expand ? "bn2" : "bn1");
  if (block.has_squeeze_excite) {
    const Layer& layer = block.squeeze_excite;
    const std::int64_t channels = layer.in.channels, squeezed = layer.squeezed;
    layers.push_back({where + "se.conv_reduce", "", layer.name + ".reduce", {squeezed, channels, 1, 1}});
    layers.push_back({where + "se.conv_expand", "", layer.name + ".expand", {channels, squeezed, 1, 1}});
  }
  if (block.has_expand) add(block.project, "conv_pwl", "bn3");
  if (!block.has_expand) add(block.project, "conv_pw", "bn2");
}

}  // namespace

SeededNumbers::SeededNumbers(std::string_view name, std::uint64_t seed) : key_(fnv1a64(name) ^ seed) {}

float SeededNumbers::operator()(std::uint64_t i) const {
  return static_cast<float>(splitmix64(key_ + i) >> 40) / static_cast<float>(1 << 24);
}

std::vector<TimmLayer> timm_layers(const Network& network) {
  std::vector<TimmLayer> layers;
  layers.push_back({"conv_stem", "bn1", network.stem.name, weight_shape(network.stem)});
  for (const Block& block : network.blocks) add_block(layers, block);
  layers.push_back({"conv_head", "bn2", network.head.name, weight_shape(network.head)});
  layers.push_back({"classifier", "", network.classifier.name, weight_shape(network.classifier)});
  return layers;
}

FloatTensors seeded_state(const Network& network, const FloatTensors& statistics, std::uint64_t seed) {
  FloatTensors state;
  const auto weight = [&](const std::string& name, const std::vector<std::int64_t>& shape) {
    state[name] = seeded_weight(name, shape, seed);
  };
  for (const TimmLayer& layer : timm_layers(network)) {
    weight(layer.name + ".weight", layer.shape);
    const std::string& biased = layer.norm.empty() ? layer.name : layer.norm;
    state[biased + ".bias"] = seeded_bias(biased + ".bias", layer.shape[0], seed);
    if (layer.norm.empty()) continue;
    state[layer.norm + ".weight"] = seeded_scale(layer.norm + ".weight", layer.shape[0], seed);
    for (const char* statistic : {".running_mean", ".running_var"})
      state[layer.norm + statistic] = find(statistics, layer.norm + statistic);
  }
  return state;
}

PlainWeights fold(const Network& network, const FloatTensors& state) {
  PlainWeights weights;
  for (const TimmLayer& layer : timm_layers(network)) {
    const FloatTensor& weight = find(state, layer.name + ".weight");
    const FloatTensor& bias = find(state, (layer.norm.empty() ? layer.name : layer.norm) + ".bias");
    Values& folded = weights[layer.folded + ".weight"];
    Values& shift = weights[layer.folded + ".bias"];
    folded.assign(weight.values.begin(), weight.values.end());
    shift.assign(bias.values.begin(), bias.values.end());
    if (layer.norm.empty()) continue;
    const std::vector<float>& scales = find(state, layer.norm + ".weight").values;
    const std::vector<float>& means = find(state, layer.norm + ".running_mean").values;
    const std::vector<float>& variances = find(state, layer.norm + ".running_var").values;
    const std::size_t outputs = shift.size(), inner = folded.size() / outputs;
    for (std::size_t o = 0; o < outputs; ++o) {
      const double factor = scales[o] / std::sqrt(variances[o] + network.batch_norm_epsilon);
      for (std::size_t i = 0; i < inner; ++i) folded[o * inner + i] *= factor;
      shift[o] -= means[o] * factor;
    }
  }
  return weights;
}

std::vector<float> seeded_input(int resolution, std::uint64_t seed) {
  std::vector<float> input(std::size_t(3) * resolution * resolution);
  const SeededNumbers noise("input", seed);
  std::size_t i = 0;
  for (int c = 0; c < 3; ++c)
    for (int y = 0; y < resolution; ++y)
      for (int x = 0; x < resolution; ++x, ++i)
        input[i] = (noise(i) - 0.5f) + static_cast<float>((x - 2 * y) / double(resolution) + 0.5 * c);
  return input;
}

std::vector<float> channels_innermost(const std::vector<float>& planes, int resolution) {
  const std::size_t area = std::size_t(resolution) * resolution;
  std::vector<float> turned(planes.size());
  for (std::size_t c = 0; c < 3; ++c)
    for (std::size_t i = 0; i < area; ++i) turned[i * 3 + c] = planes[c * area + i];
  return turned;
}

Tensor3 to_map(const std::vector<float>& channels_innermost, int resolution) {
  Tensor3 map(resolution, resolution, 3);
  map.values.assign(channels_innermost.begin(), channels_innermost.end());
  return map;
}

}  // namespace effnet::test
