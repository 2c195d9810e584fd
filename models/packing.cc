#include "models/packing.h"

#include <cstdint>

namespace effnet {
namespace {

void add_layer(std::vector<PackedTensor>& tensors, const Layer& layer) {
  const int out = panels(layer.out.channels), in = layer.in.channels;
  const auto add = [&](const std::string& name, std::vector<int> weight, int outputs) {
    tensors.push_back({name + ".weight", std::move(weight)});
    tensors.push_back({name + ".bias", {outputs * panel_lanes}});
  };
  switch (layer.kind) {
    case LayerKind::convolution:
      add(layer.name, {out, layer.kernel, layer.kernel, in, panel_lanes}, out);
      break;
    case LayerKind::depthwise:
      add(layer.name, {out, layer.kernel, layer.kernel, panel_lanes}, out);
      break;
    case LayerKind::pointwise:
    case LayerKind::dense:
      add(layer.name, {out, in, panel_lanes}, out);
      break;
    case LayerKind::squeeze_excite: {
      const int squeezed = panels(layer.squeezed);
      add(layer.name + ".reduce", {squeezed, in, panel_lanes}, squeezed);
      add(layer.name + ".expand", {out, layer.squeezed, panel_lanes}, out);
      break;
    }
  }
}

}  // namespace

std::vector<PackedTensor> packed_tensors(const Network& network) {
  std::vector<PackedTensor> tensors;
  for_each_layer(network, [&](const Layer& layer) { add_layer(tensors, layer); });
  return tensors;
}

std::vector<float> pack_weight(std::span<const double> weight, int outputs, int inputs, int kernel) {
  const std::size_t window = static_cast<std::size_t>(kernel) * kernel, in = inputs, inner = window * in;
  std::vector<float> packed(static_cast<std::size_t>(padded(outputs)) * inner, 0.0f);
  for (std::size_t c = 0; c < static_cast<std::size_t>(outputs); ++c) {
    float* lane = packed.data() + c / panel_lanes * inner * panel_lanes + c % panel_lanes;
    for (std::size_t i = 0; i < in; ++i)
      for (std::size_t xy = 0; xy < window; ++xy)
        lane[(xy * in + i) * panel_lanes] = static_cast<float>(weight[c * inner + i * window + xy]);
  }
  return packed;
}

std::vector<float> pack_bias(std::span<const double> bias) {
  return pack_weight(bias, static_cast<int>(bias.size()), 1, 1);
}

namespace {

// FNV-1a: tells files apart that were mixed up, not files that were forged.
std::uint64_t hash(std::uint64_t state, std::string_view text) {
  for (const char letter : text) state = (state ^ static_cast<unsigned char>(letter)) * 0x100000001b3;
  return state;
}

}  // namespace

std::string fingerprint(const Network& network) {
  std::uint64_t state = hash(0xcbf29ce484222325, "fp32");
  state = hash(state, network.padding == Padding::same ? ";same" : ";symmetric");
  // Panels hide the exact number of classes, which no other tensor repeats.
  state = hash(state, ";classes " + std::to_string(network.classes));
  for (const PackedTensor& tensor : packed_tensors(network)) {
    state = hash(state, ";" + tensor.name);
    for (const int extent : tensor.shape) state = hash(state, " " + std::to_string(extent));
  }
  std::string text(16, '0');
  for (std::size_t i = text.size(); i-- > 0; state >>= 4) text[i] = "0123456789abcdef"[state & 15];
  return text;
}

}  // namespace effnet
