// A dense layer on one vector, in an order that no schedule
// changes: four interleaved partial sums, then their sum.
#pragma once

#include <Halide.h>

namespace effnet {

struct Dense {
  Halide::Var lane{"lane"}, panel{"panel"}, i{"i"};
  Halide::Func partial;  // (lane, i, panel): inputs i, i + 4, i + 8, ...
  Halide::RVar group;
  bool has_rest = false;
  Halide::Func sum;  // (lane, panel)
};

// input(k), weight(lane, k, panel), bias(lane, panel); `inputs` long.
inline Dense define_dense(const std::string& name, int inputs, const Halide::Func& input,
                          const Halide::Func& weight, const Halide::Func& bias) {
  using namespace Halide;
  Dense d;
  d.partial = Func(name + "_partial");
  d.sum = Func(name);
  const Var lane = d.lane, panel = d.panel, i = d.i;
  d.partial(lane, i, panel) = 0.0f;
  RDom groups(0, inputs / 4, name + "_groups");
  d.group = groups.x;
  d.partial(lane, i, panel) += input(groups.x * 4 + i) * weight(lane, groups.x * 4 + i, panel);
  d.has_rest = inputs % 4 != 0;
  if (d.has_rest) {
    RDom rest(0, inputs % 4, name + "_rest");
    d.partial(lane, rest.x, panel) +=
        input(inputs / 4 * 4 + rest.x) * weight(lane, inputs / 4 * 4 + rest.x, panel);
  }
  d.sum(lane, panel) = bias(lane, panel) + ((d.partial(lane, 0, panel) + d.partial(lane, 1, panel)) +
                                            (d.partial(lane, 2, panel) + d.partial(lane, 3, panel)));
  return d;
}

// Everything of one panel in registers, for a sum that is computed inside a consumer's loop over panels.
inline void schedule_dense(Dense& d, const Halide::Func& consumer, const Halide::Var& consumer_panel,
                           int lanes) {
  d.sum.compute_at(consumer, consumer_panel).vectorize(d.lane, lanes).unroll(d.lane);
  d.partial.compute_at(consumer, consumer_panel).vectorize(d.lane, lanes).unroll(d.lane).unroll(d.i);
  d.partial.update(0)
      .reorder(d.lane, d.i, d.panel, d.group)
      .vectorize(d.lane, lanes)
      .unroll(d.lane)
      .unroll(d.i);
  if (d.has_rest) d.partial.update(1).vectorize(d.lane, lanes).unroll(d.lane);
}

}  // namespace effnet
