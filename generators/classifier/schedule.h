// classifier has one loop structure: nothing to choose.
#pragma once

#include "generators/operator.h"

namespace effnet {

Numbers classifier_default(const Numbers& problem, const Machine& machine, int threads);
std::string classifier_check(const Numbers& problem, const Numbers& schedule);
std::int64_t classifier_scratch(const Numbers& problem, const Numbers& schedule);

}  // namespace effnet
