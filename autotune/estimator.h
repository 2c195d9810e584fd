// The time of a candidate on a CPU that is not at hand, from its code: llvm-mca's cycles of every loop times the
// loop's iterations, loops' ends, and what comes from outside the first cache.
#pragma once

#include "autotune/cpu_model.h"
#include "autotune/step.h"
#include "generators/loop_nest.h"
#include "pipeline/jobs.h"

namespace effnet {

struct Estimate {
  // Cycles of a run of the step, in one thread. The last two: lines from the second cache, and from beyond.
  double compute = 0, loop_ends = 0, second_cache = 0, memory = 0;
  double cycles() const { return compute + loop_ends + second_cache + memory; }
};

class Estimator {
 public:
  static Result<Estimator> create(const CpuTarget& target, const CpuModel& cpu, const JobOptions& jobs);

  // May be called from several threads.
  Result<Estimate> estimate(const StepLayout& layout) const;
  double nanoseconds(const Estimate& estimate) const { return estimate.cycles() / cpu_.gigahertz; }
  const CpuModel& cpu() const { return cpu_; }

 private:
  Estimator(CpuTarget target, CpuModel cpu, JobOptions jobs, std::string mca)
      : target_(std::move(target)), cpu_(std::move(cpu)), jobs_(std::move(jobs)), mca_(std::move(mca)) {}

  CpuTarget target_;
  CpuModel cpu_;
  JobOptions jobs_;
  std::string mca_;
};

// Bytes that a nest's loops fetch from beyond a cache of that size: each loop whose iterations find their data in
// the cache fetches what it touches once an execution.
double fetched_bytes(const LoopNest& nest, double cache_bytes);

}  // namespace effnet
