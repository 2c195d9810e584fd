// Weights for networks that no golden file knows.
#pragma once

#include "models/network.h"
#include "tests/support/reference.h"
#include "tests/support/tensors.h"

namespace effnet::test {

// Seeded weights by timm's names (seeded.h) with BatchNorm statistics that `input` itself has in this network, as
// make_golden.py sets them: every layer's output is as well scaled as a trained network's, however deep it is.
FloatTensors calibrated_state(const Network& network, const Tensor3& input, std::uint64_t seed = 1);

}  // namespace effnet::test
