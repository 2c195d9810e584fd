// A schedule taken from one problem of an operator to another.
#pragma once

#include "generators/operator.h"

namespace effnet {

// Cuts the map and its rows into as many parts as before, then fits the rest: a length that was a whole row
// and is a little less than one now would compute nearly everything twice.
Numbers transferred(const Operator& op, Numbers schedule, const Numbers& from, const Numbers& to);

}  // namespace effnet
