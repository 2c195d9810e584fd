// squeeze_excite has one number, which only says how many tasks there are: nothing to tune.
#pragma once

#include "generators/operator.h"

namespace effnet {

Numbers squeeze_excite_default(const Numbers& problem, const Machine& machine, int threads);
std::string squeeze_excite_check(const Numbers& problem, const Numbers& schedule);
std::int64_t squeeze_excite_scratch(const Numbers& problem, const Numbers& schedule);

}  // namespace effnet
