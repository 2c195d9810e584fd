#include "scaling/published.h"

#include <string>

namespace effnet {

Result<std::vector<PublishedComparison>> compare_published() {
  constexpr double exponents[] = {0, 0.5, 1, 2, 3.5, 5, 6, 7};  // of B0-B7
  const Result<NetworkConfig> baseline = find_network("efficientnet_b0");
  if (!baseline) return baseline.status();
  std::vector<PublishedComparison> rows;
  for (const double phi : exponents) {
    const std::string name = "efficientnet_b" + std::to_string(rows.size());
    CompoundScaling scaling;
    scaling.phi = phi;
    const Result<NetworkConfig> published = find_network(name), exact = scale(*baseline, scaling, name);
    if (!published) return published.status();
    if (!exact) return exact.status();
    const Result<Network> a = build_network(*published), b = build_network(*exact);
    if (!a) return a.status();
    if (!b) return b.status();
    rows.push_back(
        {phi, *published, *exact, parameters(*a), multiply_adds(*a), parameters(*b), multiply_adds(*b)});
  }
  return rows;
}

}  // namespace effnet
