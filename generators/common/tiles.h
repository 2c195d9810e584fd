// The loops of register tiles and their activations.
#pragma once

#include <Halide.h>

#include "generators/common/staged_activation.h"
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

// The loops of an output (lane, panel, x, ...) by groups of tiles.
struct GroupLoops {
  Halide::Var group{"xo"}, column{"xi"};
};
inline GroupLoops split_into_groups(Halide::Func output, const TileGroup& group, int lanes) {
  using namespace Halide;
  const Var lane = output.args()[0], panel = output.args()[1], x = output.args()[2];
  const Var po("po"), pi("pi");
  GroupLoops loops;
  output.split(x, loops.group, loops.column, group.group_columns(), TailStrategy::ShiftInwards)
      .split(panel, po, pi, group.panels)
      .reorder(lane, pi, loops.column, loops.group, po)
      .vectorize(lane, lanes)
      .unroll(lane)
      .unroll(pi)
      .never_partition(loops.group);  // as above
  return loops;
}

// output(lane, panel, x, ...) = activation.at({lane, panel, x, ...}). The loop in which a tile is computed.
inline Halide::LoopLevel schedule_output(Halide::Func output, const StagedActivation& activation,
                                         const TileGroup& group, int lanes) {
  const GroupLoops loops = split_into_groups(output, group, group.loop_lanes(lanes, activation.in_stages()));
  if (!group.in_scratch()) output.unroll(loops.column);
  activation.schedule({output, group.in_scratch() ? loops.column : loops.group});
  return schedule_sums(activation.sums(), group, {output, loops.group}, lanes);
}

// The same where output = step of activated and activated = activation, a group at a time in scratch: in one loop, rounding
// would make the activation's chain of dependent instructions twice as long (Zen 2, with swish as a polynomial: 23 cycles a vector in
// place of 12).
inline Halide::LoopLevel schedule_rounded_output(const Halide::Func& output, Halide::Func activated,
                                                 const StagedActivation& activation, const TileGroup& group,
                                                 int lanes) {
  using namespace Halide;
  const Var lane = activated.args()[0], panel = activated.args()[1], x = activated.args()[2];
  const GroupLoops loops = split_into_groups(output, group, panel_lanes);
  activated.compute_at(output, loops.group)
      .store_in(MemoryType::Heap)
      .bound_extent(x, group.group_columns())
      .reorder(lane, panel, x)
      .vectorize(lane, group.loop_lanes(lanes, activation.in_stages()))
      .unroll(lane)
      .unroll(panel);
  if (!group.in_scratch()) activated.unroll(x);
  activation.schedule(group.in_scratch() ? LoopLevel(activated, x) : LoopLevel(output, loops.group));
  return schedule_sums(activation.sums(), group, {output, loops.group}, lanes);
}

}  // namespace effnet
