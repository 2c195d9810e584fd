#include "scaling/memory.h"

#include <unistd.h>

#include <cmath>

#include "base/text.h"

namespace effnet {

MemoryNeed memory_need(const Plan& plan, int threads) {
  MemoryNeed need;
  need.arena = plan.activation_bytes + threads * plan.scratch_bytes;
  for (const PackedTensor& tensor : plan.tensors) need.weights += tensor.bytes();
  return need;
}

std::int64_t machine_memory() {
  const long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGE_SIZE);
  return pages > 0 && page > 0 ? static_cast<std::int64_t>(pages) * page : 0;
}

namespace {

Result<ScaledNetwork> try_scale(const CpuTarget& target, const NetworkConfig& baseline,
                                const CompoundScaling& scaling, const std::string& name) {
  Result<NetworkConfig> config = scale(baseline, scaling, name);
  if (!config) return config.status();
  const Result<Network> network = build_network(*config);
  if (!network) return network.status();
  PlanOptions options;
  options.target = target;
  Result<Plan> plan = make_plan(*network, options);
  if (!plan) return plan.status();
  return ScaledNetwork{*std::move(config), *std::move(plan)};
}

// The largest phi below scaling.phi, in tenths, that makes a network; below 0: none does.
double largest_phi(const CpuTarget& target, const NetworkConfig& baseline, const CompoundScaling& scaling,
                   const std::string& name) {
  CompoundScaling tried = scaling;
  int fits = -1, fails = static_cast<int>(std::ceil(scaling.phi * 10));
  while (fails - fits > 1) {
    const int middle = fits + (fails - fits) / 2;
    tried.phi = middle / 10.0;
    (try_scale(target, baseline, tried, name) ? fits : fails) = middle;
  }
  return fits / 10.0;
}

}  // namespace

Result<ScaledNetwork> scale_for(const CpuTarget& target, const NetworkConfig& baseline,
                                const CompoundScaling& scaling, const std::string& name) {
  Result<ScaledNetwork> scaled = try_scale(target, baseline, scaling, name);
  if (scaled || !(scaling.phi > 0 && scaling.phi <= 100)) return scaled;
  // A name or a factor that is wrong is wrong with every phi.
  const double largest = largest_phi(target, baseline, scaling, name);
  if (largest < 0) return scaled;
  return Status::error(
      formatted("phi %g is too large, with these factors it can be at most %g: ", scaling.phi, largest) +
      scaled.message());
}

}  // namespace effnet
