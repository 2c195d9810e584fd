// The element types in a step's problem: its numbers `maps` and `weights`, which are left out for float32, and
// the flag `widened`, left out where it is 0.
#pragma once

#include "models/element.h"
#include "schedules/numbers.h"

namespace effnet {

MatrixTypes types_of(const Numbers& problem);
void set_types(Numbers& problem, const MatrixTypes& types);

}  // namespace effnet
