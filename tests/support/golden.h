// Expected outputs that timm computed on seeded weights: tests/data/golden.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "tests/support/tensors.h"

namespace effnet::test {

struct Golden {
  int resolution = 0, classes = 0;
  std::uint64_t seed = 0;
  std::vector<float> logits, features;
  std::vector<float> last_map_mean;  // [height][width], the average over channels
  FloatTensors statistics;           // BatchNorm's running means and variances by timm's names
};

// `network`: "efficientnet_b0" ... "tf_efficientnet_b7".
Golden read_golden(const std::string& network);

std::string golden_path(const std::string& file);  // tests/data/golden/<file>

// Of two arrays of float or double; infinite when the sizes differ or a value is no number.
template <typename A, typename B>
double largest_difference(const A& a, const B& b) {
  double largest = a.size() == b.size() ? 0 : std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    const double difference = std::abs(static_cast<double>(a[i]) - static_cast<double>(b[i]));
    if (std::isnan(difference)) return std::numeric_limits<double>::infinity();
    largest = std::max(largest, difference);
  }
  return largest;
}

// [height][width][channels] -> [height][width].
template <typename A>
std::vector<double> average_over_channels(const A& map, std::size_t channels) {
  std::vector<double> means(map.size() / channels);
  for (std::size_t i = 0; i < means.size() * channels; ++i)
    means[i / channels] += static_cast<double>(map[i]);
  for (double& mean : means) mean /= static_cast<double>(channels);
  return means;
}

}  // namespace effnet::test
