// Features that a classifier can learn: a cloud of points around a centre for each class.
#pragma once

#include <vector>

#include "tasks/features.h"

namespace effnet::test {

struct Clusters {
  Features features;
  std::vector<int> labels;
};

// sizes: points of each class. Centres are `apart` away from the origin, each along an axis of its own; the points
// spread by 1 in every one of the `width` directions. Some features are offset and scaled, so that they differ as much
// as those of real networks.
Clusters make_clusters(const std::vector<int>& sizes, std::size_t width, double apart, unsigned seed);

}  // namespace effnet::test
