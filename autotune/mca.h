// LLVM's machine code analyser, as a program.
#pragma once

#include <string>
#include <vector>

#include "autotune/cpu_model.h"

namespace effnet {

// Its newest version in PATH, from 16 on: of those with the version in their name, else what is called llvm-mca.
Result<std::string> find_mca();

// Cycles an iteration of every piece of code, when it repeats, with all data in the first cache.
Result<std::vector<double>> simulated_cycles(const std::string& mca, const CpuModel& cpu,
                                             const std::vector<std::vector<std::string>>& code);

}  // namespace effnet
