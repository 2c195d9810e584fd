// What a library compiled to observe shows of a run: every tensor between two layers, as calibration wants them.
#pragma once

#include "pipeline/plan.h"

namespace effnet {

// A block's depthwise map times its gates, in the place of both: written when its squeeze-excite, the last step so far,
// has run.
int add_gated_map(Plan& plan, const Block& block, int depthwise_map);

// Of a plan that is otherwise finished.
void add_observations(Plan& plan);

}  // namespace effnet
