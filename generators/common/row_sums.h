// Sums along rows in an order that no schedule changes: four interleaved partial sums, then their sum.
#pragma once

#include <Halide.h>

#include "generators/common/ordered.h"

namespace effnet {

struct RowSums {
  Halide::Func partial;  // (lane, panel, i, y): columns i, i + 4, i + 8, ...
  Halide::Func sums;     // (lane, panel, y)
  Halide::RVar group;    // of update stage 0, which adds whole groups of four
  Halide::Var i{"i"};
  bool has_rest = false;  // update stage 1 adds the last width % 4 columns
};

// values(lane, panel, x, y), of any element type, x in [0, width).
inline RowSums row_sums(const std::string& name, const Halide::Func& values, int width,
                        const Halide::Var& lane, const Halide::Var& panel, const Halide::Var& y) {
  using namespace Halide;
  RowSums s;
  s.partial = Func(name + "_partial");
  s.sums = Func(name);
  s.partial(lane, panel, s.i, y) = 0.0f;
  RDom groups(0, width / 4, name + "_groups");
  s.group = groups.x;
  s.partial(lane, panel, s.i, y) =
      ordered_sum(s.partial(lane, panel, s.i, y), cast<float>(values(lane, panel, groups.x * 4 + s.i, y)));
  s.has_rest = width % 4 != 0;
  if (s.has_rest) {
    RDom rest(0, width % 4, name + "_rest");
    s.partial(lane, panel, rest.x, y) = ordered_sum(
        s.partial(lane, panel, rest.x, y), cast<float>(values(lane, panel, width / 4 * 4 + rest.x, y)));
  }
  s.sums(lane, panel, y) = ordered_sum(s.partial(lane, panel, 0, y) + s.partial(lane, panel, 1, y),
                                       s.partial(lane, panel, 2, y) + s.partial(lane, panel, 3, y));
  return s;
}

}  // namespace effnet
