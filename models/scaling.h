// Compound scaling (Tan and Le, section 3.3): depth, width and resolution of a baseline grow together, as powers of
// alpha, beta and gamma with one exponent phi.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "models/network.h"

namespace effnet {

struct CompoundScaling {
  double alpha = 1.2, beta = 1.1, gamma = 1.15, phi = 1;  // the published ones
  bool operator==(const CompoundScaling&) const = default;
};

// alpha * beta^2 * gamma^2: what the cost of the network is multiplied by, about, with every step of phi.
double cost_factor(const CompoundScaling& scaling);

// Depth times alpha^phi, width times beta^phi, resolution times gamma^phi to the nearest multiple of 4; the rest is the
// baseline's. Refuses factors below 1 and what makes no network.
Result<NetworkConfig> scale(const NetworkConfig& baseline, const CompoundScaling& scaling,
                            const std::string& name);

// Step 2 of the paper: the points 1, 1 + step, 1 + 2 step, ... of the three factors whose product
// alpha * beta^2 * gamma^2 is the wanted cost, give or take the tolerance; phi is 1.
struct ScalingGrid {
  double cost = 2, tolerance = 0.1, step = 0.05;
  std::optional<double> alpha{}, beta{}, gamma{};  // factors that are not searched
};
Result<std::vector<CompoundScaling>> grid_points(const ScalingGrid& grid);

// What the multiply-adds were multiplied by, in three parts whose product is the whole: first the resolution grows,
// then the width, then the depth. Without rounding they would be near gamma^(2 phi), beta^(2 phi) and alpha^phi.
struct Growth {
  double depth = 1, width = 1, resolution = 1;
  double whole() const { return depth * width * resolution; }
};
Result<Growth> growth(const NetworkConfig& baseline, const NetworkConfig& scaled);

}  // namespace effnet
