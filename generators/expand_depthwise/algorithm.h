// expand_depthwise: 1x1 expansion, activation, k x k depthwise convolution, activation, sums per row for the
// squeeze. Without expansion ("depthwise", a network's first stage) the rows are copied instead.
//
//   rows(c, x, y)   = act(expand_bias(c) + sum_k input(k, x, y) * expand_weight(k, c))   inside the map, else 0
//   output(c, x, y) = act(bias(c) + sum_ij rows(c, x s + i - left, y s + j - top) * weight(c, i, j))
//   sums(c, y)      = sum_x output(c, x, y)
//
// Of an affine map the expansion is a sum of integers, as in pointwise/algorithm.h.
#pragma once

#include <Halide.h>

#include "generators/common/border.h"
#include "generators/common/element.h"
#include "generators/common/ordered.h"
#include "generators/common/row_sums.h"
#include "generators/common/staged_activation.h"
#include "generators/common/tile_group.h"
#include "generators/expand_depthwise/schedule.h"

namespace effnet {

struct DepthwiseProblem {
  int width = 0, height = 0, channels = 0;  // of the input; channels before expansion
  int out_width = 0, out_height = 0;
  int kernel = 0, stride = 0, top = 0, left = 0;
  Activation activation{};
  bool expand = false, sums = false;
  TileGroup row_group{};  // of the expanded rows, or flat of the whole map; a copy's is one column
  TileGroup out_group{};  // of the output's rows
  bool flat = false;
  MatrixTypes types;
  Element tap_element = Element::f32;  // the depthwise weights
  bool signed_maps = false;            // wants_signed_maps()
  int lanes = panel_lanes;             // of a float32 vector

  bool rounds_apart() const { return effnet::rounds_apart(types, activation); }
};

struct DepthwiseMaps {
  MapStorage input, output;
};

struct DepthwiseFuncs {
  Halide::Var lane{"lane"}, panel{"panel"}, x{"x"}, y{"y"}, k{"k"}, side{"side"};
  Halide::Func factors{"factors"};    // the expansion's weights as it multiplies them
  Halide::Func values{"values"};      // the input as it multiplies it: (k, x, y); only where it is widened
  Halide::Func expanded{"expanded"};  // in registers
  ChannelSum sum;                     // its reduction
  Halide::Func expanded_sums{"expanded_sums"};  // its result, of groups of tiles in scratch
  StagedActivation expanded_activation;
  BorderedRows rows;                              // y counts from the strip's first input row
  Halide::Func convolved{"convolved"};            // in registers
  Halide::Func convolved_sums{"convolved_sums"};  // its result, of groups of tiles in scratch
  Halide::RDom taps;
  Halide::Func window{"window"};  // the depthwise weights as it multiplies them: (lane, column, row, panel)
  StagedActivation activation;
  Halide::Func activated{"activated"};  // float32
  Halide::Func output{"output"};        // y counts from the strip's first output row
  RowSums sums;
};

// Arguments as in generators/common/layout.h. `first_row`: the output row at which this task's strip begins.
// Without expansion `input` is (lane, panel, pixel), with expansion (channel, pixel). Between expansion and output
// everything is float32. `weight` is (lane, column, row, panel) or, where it is not float32, (lane, tap, panel).
inline DepthwiseFuncs define_depthwise(const DepthwiseProblem& p, const Halide::Expr& first_row,
                                       const Halide::Func& input, const Halide::Func& expand_weight,
                                       const Halide::Func& expand_bias, const Halide::Func& expand_scale,
                                       const Halide::Func& weight, const Halide::Func& bias,
                                       const DepthwiseMaps& maps) {
  using namespace Halide;
  DepthwiseFuncs f;
  const Var lane = f.lane, panel = f.panel, x = f.x, y = f.y;

  const Expr row = y + first_row * p.stride;
  // Of column x in row y, or of flat rows' pixel x. The clamp only tells Halide what `rows` guarantees.
  const auto pixel_at = [&](const Expr& column) -> Expr {
    return p.flat ? column : clamp(row, 0, p.height - 1) * p.width + column;
  };
  if (p.expand) {
    f.factors = expand_weight;
    if (p.types.widened) {
      f.factors = Func("factors");
      f.factors(f.side, lane, f.k, panel) =
          weights_as_pairs(p.types, expand_weight)(f.side, lane, f.k, panel);
    } else if (!p.types.multiplies_stored()) {
      f.factors = Func("factors");
      f.factors(lane, f.k, panel) = weights_as_floats(p.types, expand_weight, expand_scale)(lane, f.k, panel);
    }
    if (p.types.widened) f.values(f.k, x, y) = stored_as(p.types.values(), input(f.k, pixel_at(x)));
    f.sum = ChannelSum(p.types, p.channels, p.signed_maps);
    f.expanded(lane, panel, x, y) = f.sum.begin(expand_bias(lane, panel), f.factors, lane, panel);
    f.expanded(lane, panel, x, y) = f.sum.add(
        f.expanded(lane, panel, x, y),
        [&](const Expr& k) -> Expr { return p.types.widened ? f.values(k, x, y) : input(k, pixel_at(x)); },
        f.factors, lane, panel);
    f.expanded_sums(lane, panel, x, y) =
        f.sum.result(f.expanded(lane, panel, x, y), expand_bias(lane, panel),
                     [&] { return expand_scale(lane, panel) * maps.input.scale(); });
    f.expanded_activation = StagedActivation(p.activation, f.expanded_sums, p.lanes);
  }
  const int right = (p.out_width - 1) * p.stride + p.kernel - p.left - p.width;
  f.rows = bordered_rows("rows", {lane, panel}, y, {p.width, p.left, std::max(right, 0)},
                         {p.row_group.group_columns(), p.flat ? p.height : 0}, row >= 0 && row < p.height,
                         [&](const Expr& column, const Expr& line) -> Expr {
                           if (!p.expand) return maps.input.read(input(lane, panel, pixel_at(column)));
                           return f.expanded_activation.at({lane, panel, column, line});
                         });

  f.taps = RDom(0, p.kernel, 0, p.kernel, "taps");
  const Var column("column"), line("line");
  f.window(lane, column, line, panel) =
      p.tap_element == Element::f32
          ? weight(lane, column, line, panel)
          : as_floats(p.tap_element, weight, Func())(lane, line * p.kernel + column, panel);
  f.convolved(lane, panel, x, y) = bias(lane, panel);
  f.convolved(lane, panel, x, y) = ordered_sum(
      f.convolved(lane, panel, x, y),
      f.rows.func(lane, panel, x * p.stride + f.taps.x - p.left, y * p.stride + f.taps.y - p.top) *
          f.window(lane, f.taps.x, f.taps.y, panel));
  f.convolved_sums(lane, panel, x, y) = f.convolved(lane, panel, x, y);
  f.activation = StagedActivation(p.activation, f.convolved_sums, p.lanes);
  f.activated(lane, panel, x, y) = f.activation.at({lane, panel, x, y});
  f.output(lane, panel, x, y) = maps.output.write(f.activated(lane, panel, x, y));
  if (p.sums) {
    Func read("read");
    read(lane, panel, x, y) = maps.output.summand(f.output(lane, panel, x, y), p.out_width);
    f.sums = row_sums("sums", read, p.out_width, lane, panel, y,
                      [&](const Expr& sum) { return maps.output.sum_value(sum, p.out_width); });
  }
  return f;
}

}  // namespace effnet
