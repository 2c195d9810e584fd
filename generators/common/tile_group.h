// Register tiles of a convolution, and when what they compute is activated: a tile at a time, from registers, or a group of
// tiles at a time, from scratch. Swish is a chain of dependent instructions (common/staged_activation.h); the first ones behind a tile and
// the last ones before the next have little to run beside.
#pragma once

#include <algorithm>
#include <cstdint>

#include "models/packing.h"

namespace effnet {

// Lanes of the loop that activates from registers: two vectors at a time, which a narrow element is made of.
inline int lanes_from_registers(int lanes) { return std::min(2 * lanes, panel_lanes); }

inline int tiles_over(int length, int columns) { return (length + columns - 1) / columns; }

struct TileGroup {
  int panels, columns;  // of a register tile, the columns at most the length
  int tiles;            // of the group, side by side; 1: activated from registers
  int length;  // columns or pixels that tiles cover; the last group and its last tile are shifted inwards

  bool in_scratch() const { return tiles > 1; }
  int most_tiles() const { return tiles_over(length, columns); }
  int group_columns() const { return std::min(columns * tiles, length); }
  // Columns that an iteration of the loop that activates stores.
  int stored_columns() const { return in_scratch() ? 1 : columns; }
  // Of a group's values as float32.
  std::int64_t float_bytes() const { return std::int64_t{4} * panel_lanes * panels * group_columns(); }
  std::int64_t scratch_bytes() const { return in_scratch() ? float_bytes() : 0; }
  // Lanes of the loop that activates. From scratch or in stages one vector at a time is faster.
  int loop_lanes(int lanes, bool in_stages) const {
    return in_scratch() || in_stages ? lanes : lanes_from_registers(lanes);
  }
};

}  // namespace effnet
