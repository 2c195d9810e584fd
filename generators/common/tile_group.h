// Register tiles of a convolution, and when what they compute is activated: a tile at a time, from registers, or a group of
// tiles at a time, from scratch. An activation is a chain of dependent instructions; the first ones behind a tile and the last
// ones before the next have little to run beside. Swish with AVX2 (Zen 2): 10.7 cycles a vector behind a tile of 12, 9.3 behind
// three such tiles, 8.6 behind nine.
#pragma once

#include <algorithm>
#include <cstdint>

#include "models/packing.h"

namespace effnet {

struct TileGroup {
  int panels, columns;  // of a register tile, the columns at most the length
  int tiles;            // of the group, side by side; 1: activated from registers
  int length;  // columns or pixels that tiles cover; the last group and its last tile are shifted inwards

  bool in_scratch() const { return tiles > 1; }
  int most_tiles() const { return (length + columns - 1) / columns; }
  int group_columns() const { return std::min(columns * tiles, length); }
  int stored_columns() const {
    return in_scratch() ? 1 : columns;
  }  // by an iteration of the loop that activates
  std::int64_t scratch_bytes() const {
    return in_scratch() ? std::int64_t{4} * panel_lanes * panels * group_columns() : 0;
  }
  // Of the loop that activates. From registers two vectors at a time, so that one chain runs in the shadow of the other
  // (llvm-mca's model of Zen 3: swish takes 12 % less time; with AVX-512 a panel is one vector). From scratch one is faster.
  int loop_lanes(int lanes) const { return in_scratch() ? lanes : std::min(2 * lanes, panel_lanes); }
};

}  // namespace effnet
