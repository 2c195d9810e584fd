// The numbers of expand_depthwise's and depthwise's schedule; the loops they shape stand in loops.h.
#pragma once

#include "generators/operator.h"

namespace effnet {

struct DepthwiseSchedule {
  int block_panels;       // panels of 16 channels a task computes; divides the output's
  int expand_panels;      // of the expansion's register tile; divides block_panels
  int expand_columns;     // of the same tile; flat: pixels, at most the width
  int expand_unroll;      // steps of the expansion's sum in one iteration; divides them
  int expand_group;       // such tiles that are activated together (common/tile_group.h)
  int depthwise_panels;   // of the depthwise register tile; divides block_panels
  int depthwise_columns;  // of the same tile
  int depthwise_group;    // such tiles that are activated together
  int strip_rows;         // output rows of a task; the ring's first rows are computed again for every strip
  int flat;               // flag: the whole map is one strip, and is expanded first
  int prefetch;           // flag: the next task's expansion weights (common/prefetch.h)
  int prefetch_output;    // flag: where the output's next tiles are written
};

// Whether a loop of its own rounds the output to steps, from scratch: behind an activation of few instructions it does not pay.
inline bool rounds_apart(const MatrixTypes& types, Activation activation) {
  return types.affine() && activation == Activation::swish;
}

Numbers depthwise_default(const Numbers& problem, const Machine& machine, int threads);
std::string depthwise_check(const Numbers& problem, const Numbers& schedule);
std::int64_t depthwise_scratch(const Numbers& problem, const Numbers& schedule);
std::vector<Axis> depthwise_space(const Numbers& problem, const Machine& machine);
Numbers depthwise_fit(const Numbers& problem, Numbers schedule);
bool depthwise_worth_trying(const Numbers& problem, const Numbers& schedule, const Machine& machine);

}  // namespace effnet
