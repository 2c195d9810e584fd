// Pictures that look alike: the nearest ones by the cosine of their features.
#pragma once

#include <span>
#include <vector>

#include "tasks/features.h"

namespace effnet {

struct Neighbour {
  std::size_t row;
  double cosine;
};

// The `count` rows of the index that are nearest to `query`, best first; equal ones in the order of rows.
std::vector<Neighbour> nearest(const Features& index, std::span<const float> query, std::size_t count);

}  // namespace effnet
