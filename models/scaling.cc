#include <algorithm>
#include <cmath>
#include <initializer_list>

#include "models/network.h"

namespace effnet {

int round_channels(int channels, double width) {
  const double exact = channels * width;
  const int rounded = std::max(8, static_cast<int>(exact + 4) / 8 * 8);
  return rounded < 0.9 * exact ? rounded + 8 : rounded;
}

int round_repeats(int repeats, double depth) { return static_cast<int>(std::ceil(depth * repeats)); }

Result<NetworkConfig> scale_baseline(const CompoundScaling& scaling, const std::string& name) {
  struct Factor {
    const char* name;
    double value, least;
  };
  for (const Factor& factor : {Factor{"alpha", scaling.alpha, 1}, Factor{"beta", scaling.beta, 1},
                               Factor{"gamma", scaling.gamma, 1}, Factor{"phi", scaling.phi, 0}})
    if (!(factor.value >= factor.least && factor.value <= 100))
      return Status::error(std::string(factor.name) + " is " + std::to_string(factor.value) +
                           "; it must be at least " + std::to_string(static_cast<int>(factor.least)) +
                           " and at most 100");
  NetworkConfig config;
  config.name = name;
  config.depth = std::pow(scaling.alpha, scaling.phi);
  config.width = std::pow(scaling.beta, scaling.phi);
  const double resolution = config.resolution * std::pow(scaling.gamma, scaling.phi);
  if (!(resolution < 1e6))
    return Status::error("gamma " + std::to_string(scaling.gamma) + " to the power of phi " +
                         std::to_string(scaling.phi) + " is too large a resolution");
  config.resolution = static_cast<int>(std::lround(resolution / 4)) * 4;
  // The derived numbers must make a network, or the file would be refused later.
  if (const Result<Network> network = build_network(config); !network) return network.status();
  return config;
}

}  // namespace effnet
