// What a library compiled to observe shows of a run: every tensor between two layers, as calibration wants them.
#pragma once

#include "pipeline/plan.h"

namespace effnet {

// Of a plan that is otherwise finished.
void add_observations(Plan& plan);

}  // namespace effnet
