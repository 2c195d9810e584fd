// CPUs whose speed can be estimated without having one: a row each.
#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "generators/target.h"

namespace effnet {

struct CpuModel {
  std::string name;      // of --cpu
  std::string triple;    // of its assembly
  std::string schedule;  // LLVM's model of its pipelines
  double gigahertz;
  double first_cache, second_cache;  // bytes, of a core
  // Cycles that a line of 64 bytes costs when it comes from the second cache, and from beyond; prefetched streams.
  double second_cache_line, memory_line;
  bool memory_in_pairs;  // lines from beyond the second cache come with the other one of their 128 bytes
  bool in_order;         // waits for lines instead of going on with other instructions
  double loop_end;  // cycles lost when a loop ends: the branch is predicted wrong, and the pipelines drain
};

const std::vector<CpuModel>& cpu_models();

// An error names those that the target's architecture has.
Result<CpuModel> find_cpu_model(const std::string& name, const CpuTarget& target);

}  // namespace effnet
