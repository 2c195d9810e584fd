// The CPU classes that effnetc compiles for: one row each.
#pragma once

#include <string>
#include <vector>

#include "base/status.h"

namespace effnet {

// What the analytic defaults of schedules are derived from.
struct Machine {
  int lanes = 4;       // float32 in a vector register
  int registers = 16;  // vector registers
  bool fma = false;    // multiply and add in one instruction, with a memory operand or a broadcast
  bool bf16 = false;   // pairs of bf16 multiplied and added to float32 in one instruction
};

struct CpuTarget {
  std::string name;    // "x86-64-v3"; also the folder of its schedule rows
  std::string halide;  // Halide target string
  Machine machine;
  std::vector<std::string> cpu_features;  // EFFNET_CPU_... of runtime/include/effnet_program.h, all needed
  std::string c_flags;  // of the C compiler that compiles the pipeline for it, when it is not the host's own
  std::string tested;   // how it is tested: "run here", "qemu-aarch64", "compiled, not run here"
  std::string description;
};

const std::vector<CpuTarget>& cpu_targets();

// `name`: one of cpu_targets(), "host" (the most capable class that this CPU runs) or a Halide target string
// for Linux on 64 bit x86 or ARM.
Result<CpuTarget> find_target(const std::string& name);

// Several, joined by commas, of one architecture, none twice; the most capable first, as a library tries them.
Result<std::vector<CpuTarget>> find_targets(const std::string& names);

// Whether this machine's CPU and operating system run code for it.
bool runs_here(const CpuTarget& target);

}  // namespace effnet
