// One layer's tensors of a dialect -> its packed tensors, with BatchNorm folded in double precision.
#pragma once

#include <string>
#include <vector>

#include "models/dialects/dialect.h"
#include "models/packing.h"

namespace effnet {

// The packed tensors of a layer in the order of packed_tensors(). What is wrong
// with values (NaN, infinite, variance) is appended to `problems`, a text each,
// and the result is then not to be used. The tensors have passed check_tensors().
std::vector<TensorBytes> fold_layer(const Layer& layer, const LayerNames& names, const SourceTensors& tensors,
                                    double epsilon, const WeightStorage& storage,
                                    std::vector<std::string>& problems);

}  // namespace effnet
