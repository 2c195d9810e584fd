// Of times that were measured several times.
#pragma once

#include <vector>

namespace effnet {

// The middle one, or the mean of the two in the middle; 0 of nothing.
double median(std::vector<double> values);

// The smallest value that at least `share` of all do not exceed; 0 of nothing.
double quantile(std::vector<double> values, double share);

}  // namespace effnet
