// Compiles one kernel: a registered generator with its parameters -> an object file's bytes.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "base/status.h"
#include "schedules/numbers.h"

namespace effnet {

struct KernelRequest {
  std::string generator;                          // "expand_depthwise"
  std::map<std::string, std::string> parameters;  // its GeneratorParams: shape and schedule
  std::string target;                             // Halide target string
  std::string symbol;                             // of the function
  Numbers scalars{};                              // values of scalar arguments, where loops are described

  bool operator<(const KernelRequest& other) const {
    return std::tie(generator, parameters, target) <
           std::tie(other.generator, other.parameters, other.target);
  }
};

// Paths to write, or empty.
struct KernelFiles {
  std::string object, assembly;
  std::string marked_assembly{};  // with marks and a description of its loops (loop_nest.h); no code to run
};

// Returns the scratch that the kernel needs, in bytes. Runs Halide in this process: Halide aborts on its own
// errors, so callers that must survive them run this in a child process (pipeline/jobs.h).
Result<std::int64_t> compile_kernel(const KernelRequest& request, const KernelFiles& files);

std::string halide_version();  // "21.0.0"

}  // namespace effnet
