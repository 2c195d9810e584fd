// 1x1 convolution as a matrix product over pixels: `project` and `head` of a network.
//
//   output(c, px) = act(bias(c) + sum_k input(k, px) * weight(k, c)) [+ residual(c, px)]
//   average(c)    = sum_px output(c, px) / pixels                                          head only
//
// With squeeze-excite, gate(k) multiplies the smaller factor, in scratch: the weight(k, c) of large maps, the
// input(k, px) of small ones. Sums, bias and average are float32, and so is the output of the head.
//
// Of affine maps the sum is one of integers, sum_k stored_input(k, px) * stored_weight(k, c); it becomes float32 by the
// scales of map and weights, and import has put what the zero point adds into the bias.
#pragma once

#include <Halide.h>

#include "generators/common/activation.h"
#include "generators/common/element.h"
#include "generators/common/ordered.h"
#include "generators/common/row_sums.h"
#include "generators/pointwise/schedule.h"

namespace effnet {

struct PointwiseProblem {
  int channels = 0;  // of the input: the length of the reduction
  int pixels = 0;    // of the whole map
  Activation activation{};
  Gate gate{};
  bool residual = false, average = false;
  MatrixTypes types;
  bool signed_maps = false;  // wants_signed_maps()
  int filled_halves = 0;     // where not 0: "panels" below are halves of one, of which so many have channels

  int lanes() const { return filled_halves > 0 ? panel_lanes / 2 : panel_lanes; }
  bool makes_gate_factors() const { return effnet::makes_gate_factors(gate, types); }
  bool makes_values() const { return gate == Gate::input || types.widened; }
  bool makes_factors() const { return gate == Gate::weights || !types.multiplies_stored(); }
};

// In panels or halves of panels, as the problem counts them.
struct PointwiseWeights {
  Halide::Func weight, bias, scale;
};

struct PointwiseMaps {
  MapStorage input, gated, residual, output;
};

struct PointwiseFuncs {
  Halide::Var lane{"lane"}, panel{"panel"}, pixel{"pixel"}, row{"row"}, input_channel{"k"}, side{"side"};
  Halide::Func gate_factors{
      "gate_factors"};              // of the input: (k); in scratch where they are not the gates themselves
  Halide::Func values{"values"};    // the input as it is multiplied: (k, pixel)
  Halide::Func factors{"factors"};  // the weights as they are multiplied, like their argument
  Halide::Func product{"product"};
  ChannelSum sum;
  Halide::Func output{"output"};
  RowSums sums;  // only with the average
  Halide::Func average{"average"};
};

// Arguments as in generators/common/layout.h; `gate` is (channel), `residual` like `output`: (lane, panel,
// pixel).
inline PointwiseFuncs define_pointwise(const PointwiseProblem& p, const Halide::Func& input,
                                       const PointwiseWeights& weights, const Halide::Func& gate,
                                       const Halide::Func& residual, const PointwiseMaps& maps) {
  using namespace Halide;
  PointwiseFuncs f;
  const Func &weight = weights.weight, &bias = weights.bias, &scale = weights.scale;
  const Var lane = f.lane, panel = f.panel, pixel = f.pixel, ki = f.input_channel;
  if (p.types.widened) {
    f.factors(f.side, lane, ki, panel) = weights_as_pairs(p.types, weight)(f.side, lane, ki, panel);
  } else if (!p.types.multiplies_stored()) {
    const Expr factor = weights_as_floats(p.types, weight, scale)(lane, ki, panel);
    f.factors(lane, ki, panel) = p.gate == Gate::weights ? factor * gate(ki) : factor;
  } else if (p.gate != Gate::weights) {
    f.factors = weight;
  } else if (p.types.together() == 1) {
    f.factors(lane, ki, panel) = weight(lane, ki, panel) * gate(ki);
  } else {
    f.factors(f.side, lane, ki, panel) =
        stored_as(p.types.weights,
                  cast<float>(weight(f.side, lane, ki, panel)) * gate(ki * p.types.together() + f.side));
  }
  if (p.gate == Gate::input) {
    f.gate_factors(ki) = maps.gated.gate_factor(maps.input, gate(ki));
    f.values(ki, pixel) =
        stored_as(p.types.values(), maps.gated.write_gated(maps.input, input(ki, pixel), f.gate_factors(ki)));
  } else if (p.makes_values()) {
    f.values(ki, pixel) = stored_as(p.types.values(), input(ki, pixel));
  } else {
    f.values = input;
  }
  f.sum = ChannelSum(p.types, p.channels, p.signed_maps);
  f.product(lane, panel, pixel) = f.sum.begin(bias(lane, panel), f.factors, lane, panel);
  f.product(lane, panel, pixel) = f.sum.add(
      f.product(lane, panel, pixel), [&](const Expr& k) { return f.values(k, pixel); }, f.factors, lane,
      panel);
  const Expr filled = p.filled_halves > 0 ? min(panel, p.filled_halves - 1) : panel;
  Expr value = activate(p.activation, f.sum.result(f.product(lane, filled, pixel), bias(lane, filled), [&] {
    return scale(lane, filled) * (p.gate == Gate::input ? maps.gated : maps.input).scale();
  }));
  if (p.residual) value += maps.residual.read(residual(lane, filled, pixel));
  if (p.filled_halves > 0) value = select(panel < p.filled_halves, value, 0.0f);
  f.output(lane, panel, pixel) = p.average ? value : maps.output.write(value);
  if (p.average) {
    Func as_one_row("as_one_row");
    as_one_row(lane, panel, pixel, f.row) = f.output(lane, panel, pixel);
    f.sums = row_sums("sums", as_one_row, p.pixels, lane, panel, f.row, [](const Expr& sum) { return sum; });
    f.average(lane, panel) = f.sums.sums(lane, panel, 0) * (1.0f / static_cast<float>(p.pixels));
  }
  return f;
}

}  // namespace effnet
