#include "models/packing.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "formats/bf16.h"

namespace effnet {
namespace {

void add_layer(std::vector<PackedTensor>& tensors, const Layer& layer, Precision precision) {
  const int out = panels(layer.out.channels), in = layer.in.channels;
  const WeightStorage storage = weight_storage(layer, precision);
  const auto add = [&](const std::string& name, std::vector<int> weight) {
    const int outputs = weight.front() * panel_lanes;
    if (traits_of(storage.element).scaled) tensors.push_back({name + ".scale", {outputs}});
    tensors.push_back({name + ".weight", std::move(weight), storage.element});
    tensors.push_back({name + ".bias", {outputs}});
  };
  const auto add_matrix = [&](const std::string& name, int outputs, int inputs) {
    const int stored = stored_inputs(inputs, storage.element);
    if (storage.together == 1)
      add(name, {outputs, stored, panel_lanes});
    else
      add(name, {outputs, stored / storage.together, panel_lanes, storage.together});
  };
  switch (layer.kind) {
    case LayerKind::convolution:
      add(layer.name, {out, layer.kernel, layer.kernel, in, panel_lanes});
      break;
    case LayerKind::depthwise:
      if (storage.element == Element::f32)
        add(layer.name, {out, layer.kernel, layer.kernel, panel_lanes});
      else
        add(layer.name, {out, stored_inputs(layer.kernel * layer.kernel, storage.element), panel_lanes});
      break;
    case LayerKind::pointwise:
    case LayerKind::dense:
      add_matrix(layer.name, out, in);
      break;
    case LayerKind::squeeze_excite:
      add_matrix(layer.name + ".reduce", panels(layer.squeezed), in);
      add_matrix(layer.name + ".expand", out, layer.squeezed);
      break;
  }
  if (has_affine(layer, precision)) tensors.push_back({layer.name + ".affine", {panel_lanes}});
}

}  // namespace

std::int64_t PackedTensor::elements() const {
  std::int64_t count = 1;
  for (const int extent : shape) count *= extent;
  return count;
}

std::vector<PackedTensor> packed_tensors(const Network& network, Precision precision) {
  std::vector<PackedTensor> tensors;
  for_each_layer(network, [&](const Layer& layer) { add_layer(tensors, layer, precision); });
  return tensors;
}

// Expansions' outputs never leave their step; the head's are float32. The one pointwise layer without an activation is
// the projection.
bool has_affine(const Layer& layer, Precision precision) {
  if (!traits_of(traits_of(precision).maps).affine || layer.kind == LayerKind::dense) return false;
  if (layer.kind == LayerKind::pointwise) return layer.activation == Activation::none;
  return !layer.kept;
}

WeightStorage weight_storage(const Layer& layer, Precision precision) {
  const PrecisionTraits& traits = traits_of(precision);
  const LayerKind kind = layer.kind;
  if (kind == LayerKind::convolution || layer.kept) return {};
  if (kind == LayerKind::depthwise) return {traits.taps, 1};
  const MatrixTypes types = {traits.maps, traits.weights};
  return {traits.weights, kind == LayerKind::pointwise ? types.side_by_side() : 1};
}

int stored_inputs(int inputs, Element element) {
  const int line = 64 / (panel_lanes * traits_of(element).bytes);
  return (inputs + line - 1) / line * line;
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

template <typename T>
TensorBytes bytes_of(const std::vector<T>& values) {
  const std::span<const std::byte> bytes = std::as_bytes(std::span(values));
  return {bytes.begin(), bytes.end()};
}

// Panels of a matrix: element (panel, input, lane).
struct Panels {
  const float* values = nullptr;
  std::size_t inputs = 0, count = 0;

  float at(std::size_t panel, std::size_t input, std::size_t lane) const {
    return values[(panel * inputs + input) * panel_lanes + lane];
  }
  template <typename Visit>  // visit(panel, input, lane)
  void for_each(const Visit& visit) const {
    for (std::size_t p = 0; p < count; ++p)
      for (std::size_t i = 0; i < inputs; ++i)
        for (std::size_t lane = 0; lane < panel_lanes; ++lane) visit(p, i, lane);
  }
};

std::vector<TensorBytes> store_bf16(const Panels& panels, int together) {
  const auto stored = static_cast<std::size_t>(stored_inputs(static_cast<int>(panels.inputs), Element::bf16));
  const auto side = static_cast<std::size_t>(together);
  std::vector<std::uint16_t> bits(panels.count * stored * panel_lanes);
  panels.for_each([&](std::size_t p, std::size_t i, std::size_t lane) {
    bits[(p * stored + i / side * side) * panel_lanes + lane * side + i % side] =
        to_bf16(panels.at(p, i, lane));
  });
  return {bytes_of(bits)};
}

// Symmetric: the largest weight of an output channel becomes 127 or -127.
std::vector<TensorBytes> store_i8(const Panels& panels, int together) {
  const auto side = static_cast<std::size_t>(together);
  const auto stored = static_cast<std::size_t>(stored_inputs(static_cast<int>(panels.inputs), Element::i8));
  std::vector<float> scale(panels.count * panel_lanes);
  panels.for_each([&](std::size_t p, std::size_t i, std::size_t lane) {
    float& largest = scale[p * panel_lanes + lane];
    largest = std::max(largest, std::abs(panels.at(p, i, lane)));
  });
  for (float& s : scale) s /= 127;
  std::vector<std::int8_t> steps(panels.count * stored * panel_lanes);
  panels.for_each([&](std::size_t p, std::size_t i, std::size_t lane) {
    const float s = scale[p * panel_lanes + lane];
    if (!(s > 0)) return;  // all weights are zero, or too small for a factor
    const float step = std::clamp(std::nearbyint(panels.at(p, i, lane) / s), -127.0f, 127.0f);
    steps[(p * stored + i / side * side) * panel_lanes + lane * side + i % side] =
        static_cast<std::int8_t>(step);
  });
  return {bytes_of(scale), bytes_of(steps)};
}

// [scale,] weight.
std::vector<TensorBytes> store(const std::vector<float>& weight, int outputs, std::size_t inputs,
                               const WeightStorage& storage) {
  const Panels matrix{weight.data(), inputs, static_cast<std::size_t>(panels(outputs))};
  switch (storage.element) {
    case Element::f32:
      return {bytes_of(weight)};
    case Element::bf16:
      return store_bf16(matrix, storage.together);
    case Element::i8:
      return store_i8(matrix, storage.together);
    case Element::u8:
    case Element::i16:
      break;  // not of weights
  }
  return {};
}

}  // namespace

std::vector<TensorBytes> pack_layer(std::span<const double> weight, std::span<const double> bias, int inputs,
                                    int kernel, const WeightStorage& storage) {
  const int outputs = static_cast<int>(bias.size());
  const std::size_t inner = static_cast<std::size_t>(inputs) * kernel * kernel;
  std::vector<TensorBytes> tensors =
      store(pack_weight(weight, outputs, inputs, kernel), outputs, inner, storage);
  tensors.push_back(bytes_of(pack_bias(bias)));
  return tensors;
}

namespace {

// FNV-1a: tells files apart that were mixed up, not files that were forged.
std::uint64_t hash(std::uint64_t state, std::string_view text) {
  for (const char letter : text) state = (state ^ static_cast<unsigned char>(letter)) * 0x100000001b3;
  return state;
}

}  // namespace

std::string fingerprint(const Network& network, Precision precision) {
  std::uint64_t state = hash(0xcbf29ce484222325, traits_of(precision).name);
  state = hash(state, network.padding == Padding::same ? ";same" : ";symmetric");
  // Panels hide the exact number of classes, which no other tensor repeats.
  state = hash(state, ";classes " + std::to_string(network.classes));
  for (const PackedTensor& tensor : packed_tensors(network, precision)) {
    state = hash(state, ";" + tensor.name);
    for (const int extent : tensor.shape) state = hash(state, " " + std::to_string(extent));
  }
  std::string text(16, '0');
  for (std::size_t i = text.size(); i-- > 0; state >>= 4) text[i] = "0123456789abcdef"[state & 15];
  return text;
}

}  // namespace effnet
