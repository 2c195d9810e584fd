// Assembly cut into loops.
#pragma once

#include <string>
#include <vector>

#include "generators/loop_nest.h"

namespace effnet {

// The instructions of one loop's body without those of the loops inside it.
struct LoopCode {
  int loop = 0;  // of the nest; 0: outside all loops. Several entries of one loop are versions of it
  std::vector<std::string> instructions;
};

// Natural loops of the function: a branch backwards, and what lies between its target and it.
std::vector<LoopCode> loop_code(const MarkedAssembly& assembly);

}  // namespace effnet
