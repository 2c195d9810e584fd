// Sums whose order stands in the algorithm.
#pragma once

#include <Halide.h>

namespace effnet {

// sum + term, for the updates of reductions: Halide never exchanges it with another addition, so that no schedule changes a bit.
// Nor does LLVM, where a target has no multiply-adds: it would sort the terms of an unrolled sum by where they come from, which
// depends on the tile. Where it has, they are wanted (common/multiply_adds.h), and tests of equal bits watch that LLVM keeps the order.
inline Halide::Expr ordered_sum(const Halide::Expr& sum, const Halide::Expr& term) {
  return Halide::strict_float(sum + term);
}

}  // namespace effnet
