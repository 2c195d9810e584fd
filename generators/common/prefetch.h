// Brings weights to the second-level cache before they are read: while a tile is computed, the next one's. Hardware
// prefetchers stop at every page of 4 KiB, and weights are read once in a whole network.
#pragma once

#include <Halide.h>

#include <cstdint>
#include <optional>
#include <string>

namespace effnet {

// What a kernel prefetches. Tiles lie behind each other in memory: behind a task's last one the next task's first, and
// behind a tensor's end the next tensor of the file.
struct Prefetch {
  std::string buffer;
  int tile_bytes;  // what a tile reads of it
  std::string
      tile_loop;    // how the name of the loop over tiles ends; empty, or no such loop: a task is one tile
  std::string sum;  // the Func whose innermost loops run meanwhile
  int rows;         // expected of the loop of unknown length, the task's strip
};

// What a generator that prefetches is besides.
class Prefetching {
 public:
  virtual ~Prefetching() = default;
  virtual std::optional<Prefetch> prefetch() const = 0;  // after schedule()
};

// A pass of lowering. Every innermost loop of the sum gets as many prefetches an iteration as bring the next tile
// until this one is done.
class PrefetchNextTile : public Halide::Internal::IRMutator {
 public:
  explicit PrefetchNextTile(Prefetch what) : what_(std::move(what)) {}
  using IRMutator::mutate;

 protected:
  using IRMutator::visit;
  Halide::Internal::Stmt visit(const Halide::Internal::For* op) override;

 private:
  // Where an iteration stands in its tile.
  struct Position {
    Halide::Expr tile = 0, iteration = 0;
    std::int64_t iterations = 1;  // of the whole tile
    bool in_strip = false;
  };
  Position inside(const Halide::Internal::For* op) const;
  bool is_innermost_of_sum(const Halide::Internal::For* op) const;
  Halide::Internal::Stmt prefetches() const;  // of one iteration; undefined: none

  Prefetch what_;
  Position position_;
};

}  // namespace effnet
