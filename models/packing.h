// The layout of packed weights, declared once: what import writes, what every generated kernel reads.
//
// Output channels lie in panels of 16, the last panel filled up with zeros, so
// that one file serves every vector width and every tensor is a multiple of 64
// bytes. P = ceil(channels / 16). Index order is C order, the last one contiguous:
//
//   convolution (stem)    weight [P][kernel y][kernel x][3][16]      bias [P * 16]
//   pointwise             weight [P][inputs][16]                     bias [P * 16]
//   depthwise             weight [P][kernel y][kernel x][16]         bias [P * 16]
//   squeeze_excite        reduce.weight [Ps][channels][16]           reduce.bias [Ps * 16]     Ps = ceil(squeezed / 16)
//                         expand.weight [P][squeezed][16]            expand.bias [P * 16]
//   dense (classifier)    weight [P][inputs][16]                     bias [P * 16]
//
// The element type (models/element.h) decides the rest. Convolution and every bias are float32, depthwise weights too but
// for int8; so are all weights of fp32. Elsewhere the inputs of a panel are filled up with zeros to 64 bytes, and:
//
//   bf16, pointwise       weight [P][inputs / 2][16][2]              an output's two inputs side by side
//   int8-weights, int8    a tensor `scale` [P * 16] before each weight: weight = stored * scale
//   int8, pointwise       weight [P][inputs / 4][16][4]              an output's four inputs side by side
//   int8, depthwise       weight [P][window][16] in bfloat16         window = kernel y * kernel x
//   int8                  affine [16] behind stem, depthwise, squeeze_excite and project: {scale, zero point, 1 / scale,
//                         0, ...} of the layer's output (of squeeze_excite: of the projection's input, with the gate in it)
//
// An int8 map's value is (stored - zero point) * scale. A pointwise layer multiplies stored maps by stored weights; what
// the zero point adds to the sum is taken off the layer's bias.
//
// Layers that are kept are float32 in every type; of a kept block only the output has an `affine`.
//
// BatchNorm is folded: weight * scale / sqrt(variance + epsilon),
// bias = shift - mean * scale / sqrt(variance + epsilon).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "models/element.h"
#include "models/network.h"

namespace effnet {

inline constexpr int panel_lanes = 16;
constexpr int panels(int channels) { return (channels + panel_lanes - 1) / panel_lanes; }
constexpr int padded(int channels) { return panels(channels) * panel_lanes; }

// The scale of a map with the gate in it is at least 2^-most_gate_bits of the map's without: kernels multiply steps of one map,
// differences of 8 bits and a sign, by 16 bit fractions of those of the other.
inline constexpr int most_gate_bits = 7;

inline constexpr int weights_format_version = 1;

struct PackedTensor {
  std::string name;        // "blocks.3.expand.weight"
  std::vector<int> shape;  // as above
  Element element = Element::f32;

  std::int64_t elements() const;
  std::int64_t bytes() const { return elements() * traits_of(element).bytes; }
};

// The tensors of a .weights file in their order in the file: layer by layer, scale, weight, bias.
std::vector<PackedTensor> packed_tensors(const Network& network, Precision precision);

// Whether an int8 map holds what the layer computes, so that the file has its `affine`.
bool has_affine(const Layer& layer, Precision precision);

// How a layer's weights lie in memory.
struct WeightStorage {
  Element element = Element::f32;
  int together = 1;
};
WeightStorage weight_storage(const Layer& layer, Precision precision);

// Inputs of a panel with the zeros that fill up its last 64 bytes.
int stored_inputs(int inputs, Element element);

// Into panels. `weight` [outputs][inputs][kernel y][kernel x]:
// inputs is 1 for depthwise, kernel 1 for pointwise and dense.
std::vector<float> pack_weight(std::span<const double> weight, int outputs, int inputs, int kernel);
std::vector<float> pack_bias(std::span<const double> bias);

// The bytes of one tensor of a file.
using TensorBytes = std::vector<std::byte>;

// One layer's weight and bias as the tensors of packed_tensors(): [scale,] weight, bias.
std::vector<TensorBytes> pack_layer(std::span<const double> weight, std::span<const double> bias, int inputs,
                                    int kernel, const WeightStorage& storage);

// 16 hexadecimal digits over tensor names, shapes, element type and padding family; not the resolution.
std::string fingerprint(const Network& network, Precision precision);

}  // namespace effnet
