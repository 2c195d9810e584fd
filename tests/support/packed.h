// Plain weights <-> the panels of models/packing.h, written a second time from that file's comment alone.
#pragma once

#include <vector>

#include "models/network.h"
#include "tests/support/reference.h"
#include "tests/support/tensors.h"

namespace effnet::test {

// [outputs][others] in PyTorch's order -> panels of 16 outputs. `kernel` and `inputs` give the order of the
// others: [inputs][kernel y][kernel x] -> [kernel y][kernel x][inputs]; a depthwise layer has one input.
std::vector<float> pack_weight(const Values& weight, int outputs, int inputs, int kernel = 1);
std::vector<float> pack_bias(const Values& bias);

Values unpack_weight(const std::vector<float>& packed, int outputs, int inputs, int kernel = 1);
Values unpack_bias(const std::vector<float>& packed, int outputs);

// All tensors of a .weights file.
PlainWeights unpack(const Network& network, const FloatTensors& packed);

}  // namespace effnet::test
