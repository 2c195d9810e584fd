// Single outputs of a fused step in double precision, as plain as they can be: what compiled kernels are
// compared with. Nothing is shared with the compiler but the description of the problem and the layout of
// memory (models/packing.h).
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "schedules/numbers.h"

namespace effnet {

// Element `index` of the memory of an input.
using StepInputs = std::function<double(const std::string& argument, std::int64_t index)>;

struct Expected {
  double value = 0, tolerance = 0;
};

// Element `index` of the output `argument` of an operator of generators/operator.h. `rows`, `pixels`: of the
// map that a squeeze_excite averages.
struct StepReference {
  std::string operation;
  Numbers problem;
  int rows = 0, pixels = 0;

  Expected output(const std::string& argument, std::int64_t index, const StepInputs& inputs) const;
};

}  // namespace effnet
