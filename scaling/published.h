// The published B1-B7 beside the networks that the exact rule makes.
#pragma once

#include <vector>

#include "models/scaling.h"

namespace effnet {

struct PublishedComparison {
  double phi = 0;  // the exponents were never published; these fit best
  NetworkConfig published, exact;
  std::int64_t published_parameters = 0, published_multiply_adds = 0;
  std::int64_t exact_parameters = 0, exact_multiply_adds = 0;
};

Result<std::vector<PublishedComparison>> compare_published();

}  // namespace effnet
