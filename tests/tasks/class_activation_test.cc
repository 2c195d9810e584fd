#include "tasks/class_activation.h"

#include <limits>

#include "tests/catch.h"

namespace effnet {
namespace {

TEST_CASE("a map is the class' weights over the last map; its mean is the logit without the bias") {
  // 2 x 3 cells of 2 features
  const std::vector<float> last_map = {1, 10, 2, 20, 3, 30, 4, 40, 5, 50, 6, 60};
  const std::vector<float> weights = {2, 0.5F};
  const ActivationMap map = class_activation(last_map, 2, 3, weights);
  CHECK(map.values == std::vector<float>{7, 14, 21, 28, 35, 42});
  CHECK(map.smallest() == 7);
  CHECK(map.largest() == 42);
  double mean = 0;
  for (const float value : map.values) mean += static_cast<double>(value) / 6;
  const double features[] = {3.5, 35};
  CHECK(mean == Approx(2 * features[0] + 0.5 * features[1]));
}

TEST_CASE("a map is read between its cells' centres") {
  const ActivationMap map{2, 2, {0, 4, 8, 12}};
  CHECK(map.at(0.25, 0.25) == 0);
  CHECK(map.at(0.75, 0.25) == 4);
  CHECK(map.at(0.75, 0.75) == 12);
  CHECK(map.at(0.5, 0.5) == 6);
  CHECK(map.at(0.375, 0.25) == 1);
  // beyond the outermost centres
  CHECK(map.at(0, 0) == 0);
  CHECK(map.at(1, 1) == 12);
  CHECK(map.at(1, 0.5) == 8);
}

TEST_CASE("a map of one cell is the same everywhere") {
  const ActivationMap map{1, 1, {3}};
  for (const double place : {0.0, 0.3, 1.0}) CHECK(map.at(place, 1 - place) == 3);
}

TEST_CASE("values that are no numbers are found") {
  CHECK(ActivationMap{1, 2, {1, 2}}.finite());
  CHECK_FALSE(ActivationMap{1, 2, {1, std::numeric_limits<float>::quiet_NaN()}}.finite());
  CHECK_FALSE(ActivationMap{1, 2, {1, std::numeric_limits<float>::infinity()}}.finite());
}

}  // namespace
}  // namespace effnet
