// The loops of register tiles and their activations.
#pragma once

#include <Halide.h>

#include "generators/common/tile_group.h"

namespace effnet {

// Keeps a group's sums in scratch, or leaves them in registers. `sums`: (lane, panel, x, ...), what is activated in
// `group_loop`. The loop in which a tile is computed.
inline Halide::LoopLevel schedule_sums(Halide::Func sums, const TileGroup& group,
                                       const Halide::LoopLevel& group_loop, int lanes) {
  using namespace Halide;
  if (!group.in_scratch()) return group_loop;
  const Var lane = sums.args()[0], panel = sums.args()[1], x = sums.args()[2];
  const Var tile("tile"), column("column");
  sums.compute_at(group_loop)
      .store_in(MemoryType::Heap)
      .bound_extent(x, group.group_columns())
      .split(x, tile, column, group.columns, TailStrategy::ShiftInwards)
      .reorder(lane, panel, column, tile)
      .vectorize(lane, lanes)
      .unroll(lane)
      .unroll(panel)
      .unroll(column)
      .never_partition(tile);  // code of its own for the last tile rounds otherwise
  return {sums, tile};
}

// output(lane, panel, x, ...) = activation(sums(lane, panel, x, ...)). The loop in which a tile is computed.
inline Halide::LoopLevel schedule_output(Halide::Func output, const Halide::Func& sums,
                                         const TileGroup& group, int lanes) {
  using namespace Halide;
  const Var lane = output.args()[0], panel = output.args()[1], x = output.args()[2];
  const Var xo("xo"), xi("xi"), po("po"), pi("pi");
  output.split(x, xo, xi, group.group_columns(), TailStrategy::ShiftInwards)
      .split(panel, po, pi, group.panels)
      .reorder(lane, pi, xi, xo, po)
      .vectorize(lane, group.loop_lanes(lanes))
      .unroll(lane)
      .unroll(pi)
      .never_partition(xo);  // as above
  if (!group.in_scratch()) output.unroll(xi);
  return schedule_sums(sums, group, {output, xo}, lanes);
}

}  // namespace effnet
