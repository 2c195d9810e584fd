// The numbers of project's and head's schedule; the loops they shape stand in loops.h.
#pragma once

#include "generators/operator.h"
#include "models/element.h"

namespace effnet {

// What the squeeze-excite's gate multiplies. Part of the problem, not of the schedule: it decides bits.
enum class Gate { none, weights, input };

// The one that is cheaper to multiply: reading weights for the first time costs about twice as much as the input.
// Weights with a scale are left alone: LLVM orders a product of three by where its factors come from, which is the tile.
// Affine ones have no steps to spare for a gate either.
Gate gate_of(int pixels, int out_channels, const MatrixTypes& types);

struct PointwiseSchedule {
  int block_panels;  // panels of 16 channels a task computes; divides the output's
  int block_pixels;  // pixels a task computes, a multiple of tile_pixels: past the map's end it writes what
                     // nobody reads
  int tile_panels;   // of the register tile; divides block_panels
  int tile_pixels;   // of the register tile
  int unroll;        // of the sum over channels; divides its steps
  int halves;  // flag: the empty half of the last panel is left out of the register tile, which has all panels
  int prefetch;        // flag: the next tile's weights (common/prefetch.h)
  int prefetch_input;  // flag: the next pixels
};

// Whether what the input is multiplied by, a number a channel, is not the gate itself and lies in scratch.
inline bool makes_gate_factors(Gate gate, const MatrixTypes& types) {
  return gate == Gate::input && types.affine();
}

// Of so many panels whose last half is empty.
inline int halves_with_channels(int panels) { return 2 * panels - 1; }

Numbers pointwise_default(const Numbers& problem, const Machine& machine, int threads);
std::string pointwise_check(const Numbers& problem, const Numbers& schedule);
std::int64_t pointwise_scratch(const Numbers& problem, const Numbers& schedule);
std::vector<Axis> pointwise_space(const Numbers& problem, const Machine& machine);
Numbers pointwise_fit(const Numbers& problem, Numbers schedule);
bool pointwise_worth_trying(const Numbers& problem, const Numbers& schedule, const Machine& machine);

}  // namespace effnet
