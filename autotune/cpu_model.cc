#include "autotune/cpu_model.h"

#include "base/text.h"

namespace effnet {

namespace {

constexpr const char *x86 = "x86_64-linux-gnu", *arm = "aarch64-linux-gnu";
constexpr double kib = 1024, mib = 1024 * kib;

}  // namespace

// Caches and clocks: the makers' data sheets, of a typical machine. Of Xeons from Ice Lake on was measured, on one with
// Sapphire Rapids' instructions: 1.85 multiply-adds of 512 bits a cycle, on ports 0 and 5, where LLVM's models of
// them (19) have notebooks' one, and Skylake's has servers' two; and loads of 64 bytes: from the second cache 1.3 cycles
// each in one stream, 3.3 where only every fourth line is asked for, so 2 for the several streams of a tile; from
// beyond 9 in a stream, 26 of every fourth line, where lines come in pairs.
const std::vector<CpuModel>& cpu_models() {
  // Name, triple, LLVM's model, GHz, caches, cycles of a line from the second one and from beyond, pairs, in order,
  // loop's end.
  static const std::vector<CpuModel> list = {
      {"cortex-a55", arm, "cortex-a55", 1.8, 32 * kib, 128 * kib, 8, 40, false, true, 8},
      {"cortex-a72", arm, "cortex-a72", 1.5, 32 * kib, 1 * mib, 6, 30, false, false, 15},
      {"cortex-a76", arm, "cortex-a76", 2.4, 64 * kib, 512 * kib, 4, 20, false, false, 13},
      {"neoverse-n1", arm, "neoverse-n1", 2.6, 64 * kib, 1 * mib, 4, 16, false, false, 13},
      {"neoverse-v1", arm, "neoverse-v1", 2.6, 64 * kib, 1 * mib, 2, 12, false, false, 13},
      {"apple-m1", arm, "apple-m1", 3.2, 128 * kib, 3 * mib, 2, 10, true, false, 14},
      {"haswell", x86, "haswell", 3.0, 32 * kib, 256 * kib, 2, 10, true, false, 16},
      {"skylake", x86, "skylake", 3.5, 32 * kib, 256 * kib, 2, 10, true, false, 16},
      {"skylake-avx512", x86, "skylake-avx512", 2.8, 32 * kib, 1 * mib, 2, 14, true, false, 16},
      {"icelake-server", x86, "skylake-avx512", 2.8, 48 * kib, 1.25 * mib, 2, 9, true, false, 17},
      {"sapphirerapids", x86, "skylake-avx512", 2.8, 48 * kib, 2 * mib, 2, 9, true, false, 17},
      {"znver3", x86, "znver3", 3.5, 32 * kib, 512 * kib, 2, 8, false, false, 13},
      {"znver4", x86, "znver4", 3.7, 32 * kib, 1 * mib, 2, 8, false, false, 13},
  };
  return list;
}

Result<CpuModel> find_cpu_model(const std::string& name, const CpuTarget& target) {
  // The assembly of ELF (loop_code.cc): Apple's is another.
  const bool is_arm =
                 target.halide.starts_with("arm-64-linux") || target.halide.starts_with("arm-64-android"),
             is_x86 = target.halide.starts_with("x86-64-linux");
  std::vector<std::string> names;
  for (const CpuModel& model : cpu_models()) {
    if (model.triple != (is_arm ? arm : is_x86 ? x86 : "")) continue;
    if (model.name == name) return model;
    names.push_back(model.name);
  }
  if (names.empty())
    return Status::error("target '" + target.name +
                         "': only x86-64's and arm-64's speed can be estimated, "
                         "of Linux' code: --target arm-64 --cpu apple-m1 does for a Mac");
  return Status::error(
      (name.empty() ? "--estimate needs --cpu" : "--cpu " + in_quotes(name) + " is not known") +
      ": for target '" + target.name + "' there are " + join(names, ", "));
}

}  // namespace effnet
