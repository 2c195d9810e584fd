// The time of a candidate on a CPU that is not at hand, from its code: llvm-mca's cycles of every loop times the
// loop's iterations, loops' ends, and what comes from outside the first cache. A core that looks ahead does so for some
// hundred instructions: as long as a line from the second cache takes, not one from beyond.
#pragma once

#include <algorithm>
#include <map>
#include <string>

#include "autotune/cpu_model.h"
#include "autotune/step.h"
#include "generators/loop_nest.h"
#include "pipeline/jobs.h"

namespace effnet {

struct Estimate {
  // Cycles of a run of the step, in one thread. The last two: lines from the second cache, and from beyond.
  double compute = 0, loop_ends = 0, second_cache = 0, memory = 0;
  bool in_order = false;  // the core waits for its lines

  double cycles() const {
    const double near = in_order ? compute + second_cache : std::max(compute, second_cache);
    return near + memory + loop_ends;
  }
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

// No loop touches more of an argument than there is: rings of rows begin again, strips read rows of their neighbours.
// Bytes by the argument's name.
void limit_touched(LoopNest& nest, const std::map<std::string, double>& argument_bytes);

struct Cache {
  double bytes;
  bool fetches_pairs;  // of lines, also where one was asked for
};

// Bytes that a nest's loops fetch from beyond a cache: each loop whose iterations find their data in
// the cache fetches what it touches once an execution.
double fetched_bytes(const LoopNest& nest, const Cache& cache);

}  // namespace effnet
