// How much memory a network takes, and how far a baseline can be scaled before there is too little of it.
#pragma once

#include <cstdint>

#include "generators/target.h"
#include "models/scaling.h"
#include "pipeline/plan.h"

namespace effnet {

struct MemoryNeed {
  std::int64_t weights = 0, arena = 0;  // bytes
  std::int64_t whole() const { return weights + arena; }
};
MemoryNeed memory_need(const Plan& plan, int threads);

std::int64_t machine_memory();  // bytes of this machine; 0: unknown

// The scaled network, planned for `target`. Where it is larger than the compiler takes, the error says with which phi
// it would not be.
struct ScaledNetwork {
  NetworkConfig config;
  Plan plan;
};
Result<ScaledNetwork> scale_for(const CpuTarget& target, const NetworkConfig& baseline,
                                const CompoundScaling& scaling, const std::string& name);

}  // namespace effnet
