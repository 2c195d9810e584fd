// stem: 3x3 convolution with stride 2 over the three colours, activation.
//
//   rows(j, y)      = input(j, y) inside the picture, else 0; j = column * 3 + colour
//   output(c, x, y) = act(bias(c) + sum_ij,colour rows((2 x + i - left) * 3 + colour, 2 y + j - top) * weight(...))
#pragma once

#include <Halide.h>

#include "generators/common/border.h"
#include "generators/common/element.h"
#include "generators/common/ordered.h"
#include "generators/common/staged_activation.h"

namespace effnet {

struct StemProblem {
  int resolution, out_width;
  int kernel, stride, top, left;
  Activation activation;
  int lanes;  // of a float32 vector
};

struct StemFuncs {
  Halide::Var lane{"lane"}, panel{"panel"}, x{"x"}, y{"y"};
  BorderedRows rows;                              // y counts from the strip's first input row
  Halide::Func convolved{"convolved"};            // in registers
  Halide::RDom taps;                              // colour, column, row
  Halide::Func convolved_sums{"convolved_sums"};  // its result, of groups of tiles in scratch
  StagedActivation activation;
  Halide::Func output{"output"};
};

// input: (column * 3 + colour, row); weight: (lane, colour, column, row, panel). `storage`: of the output; all else is
// float32.
inline StemFuncs define_stem(const StemProblem& p, const Halide::Expr& first_row, const Halide::Func& input,
                             const Halide::Func& weight, const Halide::Func& bias,
                             const MapStorage& storage) {
  using namespace Halide;
  StemFuncs f;
  const Var lane = f.lane, panel = f.panel, x = f.x, y = f.y;
  const Expr row = y + first_row * p.stride;
  const int right = std::max(0, (p.out_width - 1) * p.stride + p.kernel - p.left - p.resolution);
  f.rows = bordered_rows("rows", {}, y, {3 * p.resolution, 3 * p.left, 3 * right}, {3 * p.resolution},
                         row >= 0 && row < p.resolution, [&](const Expr& column, const Expr& /*row*/) {
                           return input(column, clamp(row, 0, p.resolution - 1));
                         });
  f.taps = RDom(0, 3, 0, p.kernel, 0, p.kernel, "taps");
  f.convolved(lane, panel, x, y) = bias(lane, panel);
  f.convolved(lane, panel, x, y) = ordered_sum(
      f.convolved(lane, panel, x, y),
      f.rows.func((x * p.stride + f.taps.y - p.left) * 3 + f.taps.x, y * p.stride + f.taps.z - p.top) *
          weight(lane, f.taps.x, f.taps.y, f.taps.z, panel));
  f.convolved_sums(lane, panel, x, y) = f.convolved(lane, panel, x, y);
  f.activation = StagedActivation(p.activation, f.convolved_sums, p.lanes);
  f.output(lane, panel, x, y) = storage.write(f.activation.at({lane, panel, x, y}));
  return f;
}

}  // namespace effnet
