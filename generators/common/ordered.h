// Sums whose order stands in the algorithm.
#pragma once

#include <Halide.h>

namespace effnet {

// sum + term, for the updates of reductions: never exchanged with another addition, so that no schedule changes a
// bit. Without it LLVM sorts the terms of an unrolled sum by where they come from, which depends on the tile.
// Where a target multiplies and adds in one instruction, they still become one: compile.cc allows it for
// the whole module.
inline Halide::Expr ordered_sum(const Halide::Expr& sum, const Halide::Expr& term) {
  return Halide::strict_float(sum + term);
}

}  // namespace effnet
