#include "generators/classifier/schedule.h"

namespace effnet {

Numbers classifier_default(const Numbers& /*problem*/, const Machine& /*machine*/, int /*threads*/) {
  return {};
}

std::string classifier_check(const Numbers& /*problem*/, const Numbers& schedule) {
  return check_numbers(schedule, {});
}

std::int64_t classifier_scratch(const Numbers& /*problem*/, const Numbers& /*schedule*/) { return 0; }

}  // namespace effnet
