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
// BatchNorm is folded: weight * scale / sqrt(variance + epsilon),
// bias = shift - mean * scale / sqrt(variance + epsilon).
#pragma once

#include <span>
#include <string>
#include <vector>

#include "models/network.h"

namespace effnet {

inline constexpr int panel_lanes = 16;
constexpr int panels(int channels) { return (channels + panel_lanes - 1) / panel_lanes; }
constexpr int padded(int channels) { return panels(channels) * panel_lanes; }

inline constexpr int weights_format_version = 1;

struct PackedTensor {
  std::string name;        // "blocks.3.expand.weight"
  std::vector<int> shape;  // as above; float32
};

// The tensors of a .weights file in their order in the file: layer by layer, weight before bias.
std::vector<PackedTensor> packed_tensors(const Network& network);

// Into panels. `weight` [outputs][inputs][kernel y][kernel x]:
// inputs is 1 for depthwise, kernel 1 for pointwise and dense.
std::vector<float> pack_weight(std::span<const double> weight, int outputs, int inputs, int kernel);
std::vector<float> pack_bias(std::span<const double> bias);

// 16 hexadecimal digits over tensor names, shapes, element type and padding family; not the resolution.
std::string fingerprint(const Network& network);

}  // namespace effnet
