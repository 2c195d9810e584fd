// A schedule taken from one problem of an operator to another.
#pragma once

#include "generators/operator.h"

namespace effnet {

// Cuts the map into as many parts as before, then fits the rest.
Numbers transferred(const Operator& op, Numbers schedule, const Numbers& from, const Numbers& to);

}  // namespace effnet
