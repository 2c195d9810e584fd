// The loops of expand_depthwise and depthwise.
//
//   for each output row:                                   the strip of one task
//     for each new row of the ring (kernel rows are kept):
//       for each group of tiles:
//         for each tile of columns x panels: expansion     accumulators in registers
//         activation (common/tile_group.h), one store
//       border
//     for each group of tiles:
//       for each tile of columns x panels: depthwise       accumulators in registers
//       activation, one store; swish of affine maps into scratch, from where another loop stores
//   row sums                                               from the cache
//
// The expanded rows exist only in the ring: kernel rows of one block of panels, in scratch. Flat, the expansion comes
// first: all rows of the map, by tiles of pixels that go on in the next row. Small maps' rows are no multiple of a good tile.
#pragma once

#include "generators/common/tiles.h"
#include "generators/expand_depthwise/algorithm.h"
#include "generators/expand_depthwise/schedule.h"

namespace effnet {

inline void schedule_depthwise(DepthwiseFuncs& f, const DepthwiseProblem& p, const DepthwiseSchedule& s) {
  using namespace Halide;
  const int lanes = p.lanes;
  const Var lane = f.lane, panel = f.panel, x = f.x, y = f.y;
  Var po("po"), pi("pi");

  f.output.compute_root().bound(lane, 0, 16).bound(panel, 0, s.block_panels).bound(x, 0, p.out_width);
  f.convolved
      .compute_at(p.rounds_apart()
                      ? schedule_rounded_output(f.output, f.activated, f.activation, p.out_group, lanes)
                      : schedule_output(f.output, f.activation, p.out_group, lanes))
      .vectorize(lane, lanes)
      .unroll(lane)
      .unroll(panel)
      .unroll(x);
  f.convolved.update()
      .reorder(lane, panel, x, f.taps.x, f.taps.y)
      .vectorize(lane, lanes)
      .unroll(lane)
      .unroll(panel)
      .unroll(x);
  f.convolved.update().unroll(f.taps.x).unroll(f.taps.y);

  Func rows = f.rows.func;
  auto interior = rows.update(f.rows.interior);
  interior.split(panel, po, pi, s.expand_panels);
  const RVar group = f.rows.group, pixel = f.rows.pixel;
  if (p.flat) {
    f.output.bound(y, 0, p.out_height);
    rows.compute_root().store_in(MemoryType::Heap);
  } else {
    // The ring: kernel rows stay, so each is computed once a strip.
    rows.store_root().compute_at(f.output, y).store_in(MemoryType::Heap).fold_storage(y, p.kernel);
  }
  // With weights, those of one tile of panels serve the whole row; a copy goes through memory in order.
  if (p.expand)
    interior.reorder(lane, pi, pixel, group, po);
  else
    interior.reorder(lane, pi, pixel, po, group);
  interior.vectorize(lane, p.row_group.loop_lanes(lanes, f.expanded_activation.in_stages()))
      .unroll(lane)
      .unroll(pi)
      .never_partition(group);  // as in common/tiles.h
  if (!p.row_group.in_scratch()) interior.unroll(pixel);
  for (const auto& [stage, column] : {std::pair{f.rows.left, f.rows.left_column},
                                      {f.rows.right, f.rows.right_column},
                                      {f.rows.outside, f.rows.outside_column}}) {
    if (stage >= 0)
      rows.update(stage).reorder(lane, panel, column, y).vectorize(lane, lanes).unroll(lane).unroll(panel);
  }
  if (p.expand) {
    f.expanded_activation.schedule({rows, p.row_group.in_scratch() ? pixel : group});
    f.expanded.compute_at(schedule_sums(f.expanded_sums, p.row_group, {rows, group}, lanes));
    f.expanded.vectorize(lane, lanes).unroll(lane).unroll(panel).unroll(x);
    f.sum.schedule(f.expanded.update(), lane, lanes, panel, x, s.expand_unroll);
    if (!p.types.multiplies_stored()) {
      // Once a task: the expansion reads them again for every row or tile.
      f.factors.compute_root().store_in(MemoryType::Heap);
      if (p.types.together() > 1) f.factors.reorder(f.side, lane, f.k, panel).vectorize(f.side);
      f.factors.vectorize(lane, lanes).unroll(lane).unroll(f.k, 2);
    }
    if (p.types.widened) {
      f.values.compute_at(rows, po).store_in(MemoryType::Heap).bound_extent(f.k, padded(p.channels));
      f.values.vectorize(f.k, panel_lanes);
    }
    f.sum.schedule_offset(LoopLevel::root(), lanes);
  }
  if (p.tap_element != Element::f32) {
    f.window.compute_root().store_in(MemoryType::Heap);
    f.window.vectorize(lane, lanes).unroll(lane).unroll(f.window.args()[1]);
  }
  if (p.sums) {
    f.sums.sums.compute_root()
        .vectorize(lane, lanes)
        .reorder(lane, panel, y)
        .bound(lane, 0, 16)
        .bound(panel, 0, s.block_panels);
    const int sum_lanes = std::min(lanes * 4 / f.sums.partial.type().bytes(), panel_lanes);
    f.sums.partial.compute_at(f.sums.sums, panel)
        .reorder(lane, f.sums.i, panel, y)
        .vectorize(lane, sum_lanes)
        .unroll(f.sums.i);
    f.sums.partial.update(0)
        .reorder(lane, f.sums.i, panel, f.sums.group, y)
        .vectorize(lane, sum_lanes)
        .unroll(lane)
        .unroll(f.sums.i);
    if (f.sums.has_rest) f.sums.partial.update(1).vectorize(lane, sum_lanes);
  }
}

}  // namespace effnet
