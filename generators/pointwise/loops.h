// The loops of project and head.
//
//   gate the input into scratch                               or, a tile at a time, the weights; input and weights that
//                                                             are not multiplied as they are stored go there, too
//   for each tile of panels of the task's block:
//     gate the tile's weights into scratch
//     for each tile of pixels:   accumulators in registers, activation, residual, one store
//   average                      from the cache
#pragma once

#include "generators/common/tile_group.h"
#include "generators/pointwise/algorithm.h"
#include "generators/pointwise/schedule.h"

namespace effnet {

inline void schedule_pointwise(PointwiseFuncs& f, const PointwiseProblem& p, const PointwiseSchedule& s,
                               int lanes) {
  using namespace Halide;
  const Var lane = f.lane, panel = f.panel, pixel = f.pixel;
  Var po("po"), pi("pi"), xo("xo"), xi("xi");
  lanes = std::min(lanes, p.lanes());
  const int parts = panel_lanes / p.lanes();  // of a panel
  f.output.compute_root()
      .bound(lane, 0, p.lanes())
      .bound(panel, 0, s.block_panels * parts)
      .bound(pixel, 0, s.block_pixels);
  f.output.split(panel, po, pi, s.tile_panels * parts).split(pixel, xo, xi, s.tile_pixels);
  f.output.reorder(lane, pi, xi, xo, po)
      .vectorize(lane, std::min(lanes_from_registers(lanes), p.lanes()))
      .unroll(lane)
      .unroll(pi)
      .unroll(xi);
  f.product.compute_at(f.output, xo).vectorize(lane, lanes).unroll(lane).unroll(panel).unroll(pixel);
  f.sum.schedule(f.product.update(), lane, lanes, panel, pixel, s.unroll);
  if (p.makes_gate_factors()) {
    f.gate_factors.compute_root().store_in(MemoryType::Heap);
    f.gate_factors.vectorize(f.input_channel, panel_lanes, TailStrategy::RoundUp);
  }
  if (p.makes_values()) {
    f.values.compute_root().store_in(MemoryType::Heap);
    f.values.vectorize(f.input_channel, panel_lanes, TailStrategy::RoundUp);
  }
  if (p.makes_factors()) {
    f.factors.compute_at(f.output, po).store_in(MemoryType::Heap);
    if (p.types.together() > 1)
      f.factors.reorder(f.side, lane, panel, f.input_channel).vectorize(f.side);
    else
      f.factors.reorder(lane, panel, f.input_channel);
    f.factors.vectorize(lane, lanes).unroll(lane).unroll(panel);
    if (!p.types.multiplies_stored()) f.factors.unroll(f.input_channel, 2);
  }
  f.sum.schedule_offset({f.output, po}, lanes);
  if (p.average) {
    f.average.compute_root()
        .bound(lane, 0, 16)
        .bound(panel, 0, s.block_panels)
        .vectorize(lane, lanes)
        .unroll(lane);
    f.sums.sums.compute_at(f.average, panel).vectorize(lane, lanes).unroll(lane);
    f.sums.partial.compute_at(f.average, panel).vectorize(lane, lanes).unroll(lane).unroll(f.sums.i);
    f.sums.partial.update(0).reorder(lane, f.sums.i, panel, f.sums.group, f.row);
    f.sums.partial.update(0).vectorize(lane, lanes).unroll(lane).unroll(f.sums.i);
    if (f.sums.has_rest) f.sums.partial.update(1).vectorize(lane, lanes);
  }
}

}  // namespace effnet
