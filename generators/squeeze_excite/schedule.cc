#include "generators/squeeze_excite/schedule.h"

#include "models/packing.h"

namespace effnet {

Numbers squeeze_excite_default(const Numbers& /*problem*/, const Machine& /*machine*/) { return {}; }

std::string squeeze_excite_check(const Numbers& /*problem*/, const Numbers& schedule) {
  return check_numbers(schedule, {});
}

std::int64_t squeeze_excite_scratch(const Numbers& problem, const Numbers& /*schedule*/) {
  // The means and the hidden layer, in the kernel's scratch.
  return 4ll * (padded(problem.at("channels")) + padded(problem.at("squeezed")));
}

}  // namespace effnet
