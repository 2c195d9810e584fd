// The panels of models/packing.h -> plain weights: a second
// writing of that layout, from the file's comment alone.
#pragma once

#include <vector>

#include "models/network.h"
#include "tests/support/reference.h"
#include "tests/support/tensors.h"

namespace effnet::test {

// Panels of 16 outputs -> [outputs][inputs][kernel y][kernel x]; a depthwise layer has one input.
Values unpack_weight(const std::vector<float>& packed, int outputs, int inputs, int kernel = 1);
Values unpack_bias(const std::vector<float>& packed, int outputs);

// The same of a matrix in any element type: as stored, with what fills up the inputs of a panel. `scale` may be null.
Values unpack_matrix(const FloatTensor& stored, const FloatTensor* scale, int outputs, int inputs);

// All tensors of a .weights file.
PlainWeights unpack(const Network& network, const FloatTensors& packed);

}  // namespace effnet::test
