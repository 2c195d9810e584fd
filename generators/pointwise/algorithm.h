// 1x1 convolution as a matrix product over pixels: `project` and `head` of a network.
//
//   gated(k, c)   = weight(k, c) * gate(k)                                           squeeze-excite; else weight
//   output(c, px) = act(bias(c) + sum_k input(k, px) * gated(k, c)) [+ residual(c, px)]
//   average(c)    = sum_px output(c, px) / pixels                                    head only
//
// The gate multiplies the weights of a task, not its activations: fewer multiplications, and no pass over
// memory.
#pragma once

#include <Halide.h>

#include "generators/common/activation.h"
#include "generators/common/row_sums.h"

namespace effnet {

struct PointwiseProblem {
  int channels;  // of the input: the length of the reduction
  int pixels;    // of the whole map
  Activation activation;
  bool gate, residual, average;
};

struct PointwiseFuncs {
  Halide::Var lane{"lane"}, panel{"panel"}, pixel{"pixel"}, row{"row"}, input_channel{"k"};
  Halide::Func gated{"gated"};  // only with a gate
  Halide::Func product{"product"};
  Halide::RVar k;
  Halide::Func output{"output"};
  RowSums sums;  // only with the average
  Halide::Func average{"average"};
};

// Arguments as in generators/common/layout.h; `gate` is (channel), `residual` like `output`: (lane, panel,
// pixel).
inline PointwiseFuncs define_pointwise(const PointwiseProblem& p, const Halide::Func& input,
                                       const Halide::Func& weight, const Halide::Func& bias,
                                       const Halide::Func& gate, const Halide::Func& residual) {
  using namespace Halide;
  PointwiseFuncs f;
  const Var lane = f.lane, panel = f.panel, pixel = f.pixel, ki = f.input_channel;
  Func factor = weight;
  if (p.gate) {
    f.gated(lane, ki, panel) = weight(lane, ki, panel) * gate(ki);
    factor = f.gated;
  }
  RDom k(0, p.channels, "k");
  f.k = k.x;
  f.product(lane, panel, pixel) = bias(lane, panel);
  f.product(lane, panel, pixel) += input(k.x, pixel) * factor(lane, k.x, panel);
  Expr value = activate(p.activation, f.product(lane, panel, pixel));
  if (p.residual) value += residual(lane, panel, pixel);
  f.output(lane, panel, pixel) = value;
  if (p.average) {
    Func as_one_row("as_one_row");
    as_one_row(lane, panel, pixel, f.row) = f.output(lane, panel, pixel);
    f.sums = row_sums("sums", as_one_row, p.pixels, lane, panel, f.row);
    f.average(lane, panel) = f.sums.sums(lane, panel, 0) * (1.0f / static_cast<float>(p.pixels));
  }
  return f;
}

}  // namespace effnet
