// Brings weights and maps to the second-level cache before they are read or written. Hardware prefetchers stop at every
// page of 4 KiB, weights are read once in a whole network, and large maps fit no cache.
#pragma once

#include <Halide.h>

#include <memory>
#include <string>
#include <vector>

namespace effnet {

// The next tile's weights while a tile is computed. Tiles lie behind each other in memory: behind a task's last one the
// next task's first, and behind a tensor's end the next tensor of the file.
struct PrefetchedTile {
  std::string buffer;
  int tile_bytes;  // what a tile reads of it
  std::string
      tile_loop;     // how the name of the loop over tiles ends; empty, or no such loop: a task is one tile
  std::string func;  // whose innermost loops run meanwhile
  int rows;          // expected of the loop of unknown length, the task's strip
};

// What comes next in a map that is read from its beginning to its end, once for every tile of panels.
struct PrefetchedStream {
  std::string buffer;
  int loop_bytes;    // what one of these loops reads of it, side by side
  std::string func;  // whose innermost loops read it
};

// Where tiles of pixels are written next, some panels of each pixel. Before a line is written it is read, stores leave one
// after the other, and hardware prefetchers do not follow such large strides.
struct PrefetchedStores {
  std::string buffer;
  int pixels, tile_panels;  // that an iteration of the innermost loop that stores writes
  int map_panels;           // of a whole pixel
  int panel_bytes;          // of one pixel
};

// Passes of lowering.
using Prefetches = std::vector<std::unique_ptr<Halide::Internal::IRMutator>>;
std::unique_ptr<Halide::Internal::IRMutator> make_prefetch(const PrefetchedTile& what);
std::unique_ptr<Halide::Internal::IRMutator> make_prefetch(const PrefetchedStream& what);
std::unique_ptr<Halide::Internal::IRMutator> make_prefetch(const PrefetchedStores& what);

// What a generator that prefetches is besides.
class Prefetching {
 public:
  virtual ~Prefetching() = default;
  virtual Prefetches prefetches() const = 0;  // after schedule()
};

}  // namespace effnet
