// Sums whose order stands in the algorithm.
#pragma once

#include <Halide.h>

namespace effnet {

// sum + term, for the updates of reductions: never exchanged with another addition, so that no schedule changes a
// bit. Where a target has no multiply-adds, LLVM would sort the terms of an unrolled sum by where they come from, which depends on
// the tile. Where it has, compile.cc takes the order's mark off behind Halide; that LLVM keeps it is what tests of equal bits watch.
inline Halide::Expr ordered_sum(const Halide::Expr& sum, const Halide::Expr& term) {
  return Halide::strict_float(sum + term);
}

}  // namespace effnet
