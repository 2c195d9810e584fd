// What a calibration makes of packed weights (models/packing.h) of int8.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "models/calibration.h"
#include "models/packing.h"

namespace effnet {

// The tensors of a calibration that a layer reads and writes; empty: none. Of squeeze_excite the depthwise output and
// the same with the gate in it.
struct LayerMaps {
  std::string input, output;
};
std::map<std::string, LayerMaps> layer_maps(const Network& network);  // by the layer's name

// Gated maps get a scale that kernels can multiply to (most_gate_bits of models/packing.h), which a gate of nearly 0 in every
// channel would miss.
void bound_gated_scales(const Network& network, Calibration& calibration);

// The bytes of an `affine` tensor.
TensorBytes pack_affine(const CalibratedTensor& map);

// A pointwise layer's tensors, scale, weight and bias: takes off the bias what the zero point of its input adds to sums of
// stored values. `exact`: the same layer in float32, weight and bias; where the input's means are known the bias also
// makes up for what rounding the weights changes in the mean.
void fold_input(const CalibratedTensor& input, const std::vector<TensorBytes>& exact,
                const WeightStorage& storage, std::vector<TensorBytes>& packed);

}  // namespace effnet
