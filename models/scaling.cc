#include "models/scaling.h"

#include <algorithm>
#include <cmath>
#include <initializer_list>

#include "base/text.h"

namespace effnet {

int round_channels(int channels, double width) {
  const double exact = channels * width;
  const int rounded = std::max(8, static_cast<int>(exact + 4) / 8 * 8);
  return rounded < 0.9 * exact ? rounded + 8 : rounded;
}

int round_repeats(int repeats, double depth) { return static_cast<int>(std::ceil(depth * repeats)); }

namespace {

struct Number {
  const char* name;
  double value, least, most;
};

Status check_ranges(std::initializer_list<Number> numbers) {
  for (const Number& n : numbers)
    if (!(n.value >= n.least && n.value <= n.most))  // true for NaN
      return Status::error(
          formatted("%s is %g; it must be at least %g and at most %g", n.name, n.value, n.least, n.most));
  return {};
}

}  // namespace

double cost_factor(const CompoundScaling& scaling) {
  return scaling.alpha * scaling.beta * scaling.beta * scaling.gamma * scaling.gamma;
}

Result<NetworkConfig> scale(const NetworkConfig& baseline, const CompoundScaling& scaling,
                            const std::string& name) {
  if (Status status = check_ranges({{"alpha", scaling.alpha, 1, 100},
                                    {"beta", scaling.beta, 1, 100},
                                    {"gamma", scaling.gamma, 1, 100},
                                    {"phi", scaling.phi, 0, 100}});
      !status)
    return status;
  NetworkConfig config = baseline;
  config.name = name;
  config.depth *= std::pow(scaling.alpha, scaling.phi);
  config.width *= std::pow(scaling.beta, scaling.phi);
  const double resolution = config.resolution * std::pow(scaling.gamma, scaling.phi);
  if (!(resolution < 1e6))
    return Status::error(
        formatted("gamma %g to the power of phi %g is too large a resolution", scaling.gamma, scaling.phi));
  config.resolution =
      scaling.phi == 0 ? baseline.resolution : static_cast<int>(std::lround(resolution / 4)) * 4;
  // The derived numbers must make a network, or the file would be refused later.
  if (const Result<Network> network = build_network(config); !network) return network.status();
  return config;
}

namespace {

// 1, 1 + step, ... without the dust of binary fractions: 1.15, not 1.1500000000000001.
std::vector<double> grid_values(const std::optional<double>& fixed, double most, double step) {
  if (fixed) return {*fixed};
  std::vector<double> values;
  for (int i = 0; 1 + i * step <= most; ++i) values.push_back(std::round((1 + i * step) * 1e9) / 1e9);
  return values;
}

Status check_grid(const ScalingGrid& grid) {
  return check_ranges({{"the cost", grid.cost, 1, 16},
                       {"the tolerance", grid.tolerance, 0, 16},
                       {"the step", grid.step, 0.01, 16},
                       {"alpha", grid.alpha.value_or(1), 1, 100},
                       {"beta", grid.beta.value_or(1), 1, 100},
                       {"gamma", grid.gamma.value_or(1), 1, 100}});
}

}  // namespace

Result<std::vector<CompoundScaling>> grid_points(const ScalingGrid& grid) {
  constexpr std::size_t most_points = 10000;
  constexpr double dust = 1e-9;
  if (Status status = check_grid(grid); !status) return status;
  const double most = grid.cost + grid.tolerance + dust, least = grid.cost - grid.tolerance - dust;
  std::vector<CompoundScaling> points;
  for (const double alpha : grid_values(grid.alpha, most, grid.step))
    for (const double beta : grid_values(grid.beta, std::sqrt(most / alpha), grid.step))
      for (const double gamma : grid_values(grid.gamma, std::sqrt(most / alpha) / beta, grid.step)) {
        const CompoundScaling point{alpha, beta, gamma, 1};
        if (cost_factor(point) > most || cost_factor(point) < least) continue;
        points.push_back(point);
        if (points.size() > most_points)
          return Status::error(
              formatted("the grid has more than %zu points; take a larger step than %g or a "
                        "smaller tolerance than %g",
                        most_points, grid.step, grid.tolerance));
      }
  if (points.empty())
    return Status::error(
        formatted("the grid of step %g has no point with alpha * beta^2 * gamma^2 within %g of %g; a smaller "
                  "step or a larger tolerance finds some",
                  grid.step, grid.tolerance, grid.cost));
  return points;
}

Result<Growth> growth(const NetworkConfig& baseline, const NetworkConfig& scaled) {
  NetworkConfig steps[] = {baseline, baseline, baseline, scaled};
  steps[1].resolution = steps[2].resolution = scaled.resolution;
  steps[2].width = scaled.width;
  double cost[4];
  for (int i = 0; i < 4; ++i) {
    const Result<Network> network = build_network(steps[i]);
    if (!network) return network.status();
    cost[i] = static_cast<double>(multiply_adds(*network));
  }
  return Growth{cost[3] / cost[2], cost[2] / cost[1], cost[1] / cost[0]};
}

}  // namespace effnet
