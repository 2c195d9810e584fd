#include "tasks/class_activation.h"

#include <algorithm>
#include <cmath>

namespace effnet {
namespace {

// The cells around a place on one axis, and the share of the second.
struct Between {
  int first, second;
  double share;
};

Between cells_around(double place, int cells) {
  const double centre = std::clamp(place * cells - 0.5, 0.0, cells - 1.0);
  const int first = static_cast<int>(centre);
  return {first, std::min(first + 1, cells - 1), centre - first};
}

}  // namespace

bool ActivationMap::finite() const {
  return std::all_of(values.begin(), values.end(), [](float value) { return std::isfinite(value); });
}

float ActivationMap::smallest() const { return *std::min_element(values.begin(), values.end()); }
float ActivationMap::largest() const { return *std::max_element(values.begin(), values.end()); }

double ActivationMap::at(double x, double y) const {
  const Between column = cells_around(x, width), row = cells_around(y, height);
  const auto value = [this](int cell_y, int cell_x) {
    return static_cast<double>(values[static_cast<std::size_t>(cell_y) * static_cast<std::size_t>(width) +
                                      static_cast<std::size_t>(cell_x)]);
  };
  const auto along = [&](int cell_y) {
    return std::lerp(value(cell_y, column.first), value(cell_y, column.second), column.share);
  };
  return std::lerp(along(row.first), along(row.second), row.share);
}

ActivationMap class_activation(std::span<const float> last_map, int height, int width,
                               std::span<const float> weights) {
  ActivationMap map{height, width, {}};
  for (std::size_t first = 0; first + weights.size() <= last_map.size(); first += weights.size()) {
    double sum = 0;
    for (std::size_t i = 0; i < weights.size(); i++)
      sum += static_cast<double>(weights[i]) * static_cast<double>(last_map[first + i]);
    map.values.push_back(static_cast<float>(sum));
  }
  return map;
}

}  // namespace effnet
