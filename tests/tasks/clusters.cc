#include "tests/tasks/clusters.h"

#include <cmath>
#include <random>

namespace effnet::test {

Clusters make_clusters(const std::vector<int>& sizes, std::size_t width, double apart, unsigned seed) {
  std::mt19937_64 random(seed);
  // The sum of 12 uniform numbers is nearly normal, and the same everywhere.
  const auto normal = [&random] {
    double sum = -6;
    for (int i = 0; i < 12; ++i) sum += static_cast<double>(random() >> 11) * 0x1p-53;
    return sum;
  };
  Clusters out;
  out.features.width = width;
  for (std::size_t label = 0; label < sizes.size(); ++label)
    for (int point = 0; point < sizes[label]; ++point) {
      out.labels.push_back(static_cast<int>(label));
      for (std::size_t i = 0; i < width; ++i) {
        const double value = normal() + (i == label ? apart : 0);
        const double scale = i % 3 == 0 ? 10 : 0.1;
        out.features.values.push_back(static_cast<float>(scale * (value + static_cast<double>(i % 5))));
      }
    }
  return out;
}

}  // namespace effnet::test
