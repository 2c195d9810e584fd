// The compound rule: factors, the grid of step 2, and where the growth of the multiply-adds comes from.
#include "models/scaling.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "tests/catch.h"

namespace effnet {
namespace {

using Catch::Contains;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
const NetworkConfig& b0() { return variants().front(); }

std::vector<CompoundScaling> points(const ScalingGrid& grid) {
  Result<std::vector<CompoundScaling>> result = grid_points(grid);
  REQUIRE(result);
  return *std::move(result);
}

TEST_CASE("compound scaling raises the factors to phi") {
  const Result<NetworkConfig> config = scale(b0(), {1.2, 1.1, 1.15, 2}, "twice");
  REQUIRE(config);
  CHECK(config->name == "twice");
  CHECK(config->depth == Approx(1.44));
  CHECK(config->width == Approx(1.21));
  CHECK(config->resolution == 296);  // 224 * 1.3225 = 296.24
  CHECK(config->padding == Padding::symmetric);
  const Result<NetworkConfig> once = scale(b0(), {1.2, 1.1, 1.15, 0}, "once");
  REQUIRE(once);
  CHECK(parameters(*build_network(*once)) == 5288548);
}

TEST_CASE("any network is a baseline: its own factors are multiplied, the rest stays") {
  NetworkConfig lite = *find_network("tf_efficientnet_lite4");
  lite.classes = 7;
  const Result<NetworkConfig> config = scale(lite, {1.5, 1.25, 1.1, 1}, "larger");
  REQUIRE(config);
  CHECK(config->depth == Approx(1.8 * 1.5));
  CHECK(config->width == Approx(1.4 * 1.25));
  CHECK(config->resolution == 420);  // 380 * 1.1 = 418
  CHECK(config->family == Family::lite);
  CHECK(config->padding == Padding::same);
  CHECK(config->classes == 7);
  NetworkConfig odd = b0();
  odd.resolution = 203;
  CHECK(scale(odd, {1.2, 1.1, 1.15, 0}, "same")->resolution == 203);
}

TEST_CASE("scaling refuses factors that shrink, and networks beyond all bounds") {
  const auto refusal = [](const CompoundScaling& scaling) {
    const Result<NetworkConfig> config = scale(b0(), scaling, "x");
    REQUIRE_FALSE(config);
    return config.message();
  };
  CHECK_THAT(refusal({0.99, 1.1, 1.15, 1}), Contains("alpha") && Contains("at least 1"));
  CHECK_THAT(refusal({1.2, 0, 1.15, 1}), Contains("beta"));
  CHECK_THAT(refusal({1.2, 1.1, nan, 1}), Contains("gamma"));
  CHECK_THAT(refusal({1.2, 1.1, 1.15, -1}), Contains("phi"));
  CHECK_THAT(refusal({1.2, 1.1, 1.15, nan}), Contains("phi"));
  CHECK_THAT(refusal({1.2, 1.1, 1.15, 99}), Contains("width") || Contains("resolution"));
  CHECK_FALSE(refusal({100, 100, 100, 100}).empty());
}

TEST_CASE("the grid holds exactly the points of the wanted cost") {
  for (const ScalingGrid& grid :
       {ScalingGrid{2, 0.1, 0.05}, ScalingGrid{2, 0.1, 0.1}, ScalingGrid{3, 0.2, 0.25}}) {
    const std::vector<CompoundScaling> found = points(grid);
    std::size_t expected = 0;
    for (double a = 1; a < 5; a += grid.step)
      for (double b = 1; b < 5; b += grid.step)
        for (double c = 1; c < 5; c += grid.step)
          expected += std::abs(a * b * b * c * c - grid.cost) < grid.tolerance + 1e-9;
    CHECK(found.size() == expected);
    for (const CompoundScaling& point : found) {
      CHECK(std::abs(cost_factor(point) - grid.cost) <= grid.tolerance + 1e-9);
      CHECK(point.phi == 1);
    }
  }
}

TEST_CASE("the published point, product 1.92, is on the default grid") {
  const CompoundScaling published;
  CHECK(cost_factor(published) == Approx(1.920).margin(5e-4));
  const std::vector<CompoundScaling> found = points({});
  CHECK(std::count(found.begin(), found.end(), published) == 1);
}

TEST_CASE("factors that are given are not searched") {
  ScalingGrid grid;
  grid.beta = 1.1;
  const std::vector<CompoundScaling> found = points(grid);
  CHECK(found.size() > 3);
  for (const CompoundScaling& point : found) CHECK(point.beta == 1.1);
  grid.alpha = 1.2;
  grid.gamma = 1.15;
  CHECK(points(grid) == std::vector<CompoundScaling>{CompoundScaling{}});
  grid.gamma = 1.5;
  CHECK_FALSE(grid_points(grid));
  grid.gamma = 0.5;
  CHECK_THAT(grid_points(grid).message(), Contains("gamma is 0.5"));
}

TEST_CASE("a grid without points, with too many, or of impossible numbers is refused") {
  const auto refusal = [](const ScalingGrid& grid) {
    const Result<std::vector<CompoundScaling>> result = grid_points(grid);
    REQUIRE_FALSE(result);
    return result.message();
  };
  CHECK_THAT(refusal({2, 0.01, 0.7}), Contains("no point") && Contains("smaller step"));
  CHECK_THAT(refusal({2, 1, 0.01}), Contains("larger step"));
  CHECK_THAT(refusal({0.9, 0.1, 0.05}), Contains("cost"));
  CHECK_THAT(refusal({nan, 0.1, 0.05}), Contains("cost"));
  CHECK_THAT(refusal({2, -1, 0.05}), Contains("tolerance"));
  CHECK_THAT(refusal({2, 0.1, 0}), Contains("step"));
  CHECK_THAT(refusal({2, 0.1, nan}), Contains("step"));
}

TEST_CASE("the growth of the multiply-adds comes in three parts that make the whole") {
  const NetworkConfig scaled = *scale(b0(), {1.2, 1.1, 1.15, 4}, "scaled");
  const Result<Growth> parts = growth(b0(), scaled);
  REQUIRE(parts);
  const auto cost = [](const NetworkConfig& config) {
    return static_cast<double>(multiply_adds(*build_network(config)));
  };
  CHECK(parts->whole() == Approx(cost(scaled) / cost(b0())));
  CHECK(parts->depth == Approx(std::pow(1.2, 4)).epsilon(0.3));
  CHECK(parts->width == Approx(std::pow(1.1, 8)).epsilon(0.1));
  CHECK(parts->resolution == Approx(std::pow(1.15, 8)).epsilon(0.1));
}

}  // namespace
}  // namespace effnet
