// What strict floating point would forbid where a target multiplies and adds in one instruction.
#pragma once

#include <Halide.h>

#include <memory>

namespace effnet {

// A pass behind Halide's own. Sums are strict to there (common/ordered.h), which keeps Halide from reordering them. From there on it would
// forbid multiply-adds, so it is taken off. Only the subtraction of swish's rounding_shift stays strict (common/activation.h): LLVM
// would cancel it against the addition.
std::unique_ptr<Halide::Internal::IRMutator> allow_multiply_adds();

}  // namespace effnet
