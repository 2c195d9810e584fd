// A histogram of some values, as wide as they are.
#pragma once

#include <algorithm>
#include <vector>

#include "tasks/histogram.h"

namespace effnet::test {

inline Histogram histogram_of(const std::vector<float>& values) {
  Histogram histogram;
  const auto [lowest, highest] = std::minmax_element(values.begin(), values.end());
  histogram.widen(*lowest, *highest);
  histogram.count(values);
  return histogram;
}

}  // namespace effnet::test
