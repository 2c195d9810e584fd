// The CPU classes that effnetc compiles for: one row each.
#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "models/element.h"

namespace Halide {
struct Target;
}

namespace effnet {

// What the analytic defaults of schedules are derived from.
struct Machine {
  int lanes = 4;       // float32 in a vector register
  int registers = 16;  // vector registers
  bool fma = false;    // multiply and add in one instruction, with a memory operand or a broadcast
  bool bf16 = false;   // pairs of bf16 multiplied and added to float32 in one instruction
  bool dot = false;    // fours of 8 bit integers multiplied and added to one of 32 bits in one instruction
};

struct CpuTarget {
  std::string name;    // "x86-64-v3"; also the folder of its schedule rows
  std::string halide;  // Halide target string
  Machine machine;
  std::vector<std::string> cpu_features;  // EFFNET_CPU_... of runtime/include/effnet_program.h, all needed
  std::string c_flags;                    // of clang, which compiles the pipeline for it on another machine
  std::string tested;  // how it is tested: "natively", "qemu-aarch64", "compiled, not run here"
  std::string description;

  bool is_foreign() const;              // another architecture or operating system than this machine's
  Precision fastest_precision() const;  // to compile for where accuracy allows it; others only save memory
  bool wants_position_independent_code() const;  // not where code is always so, or never
  bool stores_symbol_lengths() const;  // WebAssembly: a symbol in an object cannot become a shorter one
};

const std::vector<CpuTarget>& cpu_targets();

// `name`: one of cpu_targets(), "host" (the most capable class that this CPU runs) or a Halide target string
// for an operating system and an architecture of the list.
Result<CpuTarget> find_target(const std::string& name);

// Several, joined by commas, of one architecture and operating system, none twice; the most capable first, as a
// library tries them.
Result<std::vector<CpuTarget>> find_targets(const std::string& names);

// Whether code for it multiplies and adds in one instruction, rounding once.
bool has_fma(const Halide::Target& target);

// Whether this machine's CPU and operating system run code for it.
bool runs_here(const CpuTarget& target);

}  // namespace effnet
