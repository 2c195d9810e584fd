// Register tiles of a convolution, and when what they compute is activated: a tile at a time, from registers, or a group of
// tiles at a time, from scratch. An activation is a chain of dependent instructions; the first ones after a tile and the last
// ones before the next have little to run beside. Swish with AVX2 (Zen 2): 10.7 cycles a vector after a tile of 12, 9.3 after
// three such tiles, 8.6 after nine.
#pragma once

#include <Halide.h>

#include <algorithm>

#include "models/packing.h"

namespace effnet {

// Of the loops that activate from registers: two vectors at a time, so that one chain runs in the shadow of the other
// (llvm-mca's model of Zen 3: swish takes 12 % less time). With AVX-512 a panel is one vector. From scratch one vector after
// the other is faster.
inline int activated_lanes(int lanes) { return std::min(2 * lanes, panel_lanes); }

struct TileGroup {
  int panels, columns;  // of a register tile, the columns at most the width
  int tiles;            // of a group, side by side; 1: activated from registers
  int width;            // of what the tiles cover; the last group and its last tile are shifted inwards

  int group_columns() const { return std::min(columns * tiles, width); }
  bool in_scratch() const { return tiles > 1; }
  // Of the loops that activate.
  int loop_lanes(int lanes) const { return in_scratch() ? lanes : activated_lanes(lanes); }
};

// The loop in which a tile is computed, where `group_loop` is the one over groups. `linear`: (lane, panel, x, ...), what is
// activated.
inline Halide::LoopLevel tile_loop(Halide::Func linear, const Halide::Var& x, const TileGroup& group,
                                   const Halide::LoopLevel& group_loop, int lanes) {
  using namespace Halide;
  if (!group.in_scratch()) return group_loop;
  const Var lane = linear.args()[0], panel = linear.args()[1];
  const Var tile("tile"), column("column");
  linear.compute_at(group_loop)
      .store_in(MemoryType::Heap)
      .bound_extent(x, group.group_columns())
      .split(x, tile, column, group.columns, TailStrategy::ShiftInwards)
      .reorder(lane, panel, column, tile)
      .vectorize(lane, lanes)
      .unroll(lane)
      .unroll(panel)
      .unroll(column)
      .never_partition(tile);  // code of its own for the last tile rounds otherwise
  return {linear, tile};
}

// The loops of output(lane, panel, x, ...) = activation(linear(lane, panel, x, ...)); the loop in which a tile is computed.
inline Halide::LoopLevel schedule_output(Halide::Func output, const Halide::Func& linear,
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
  return tile_loop(linear, x, group, {output, xo}, lanes);
}

}  // namespace effnet
