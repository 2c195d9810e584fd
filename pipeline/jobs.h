// Compiles kernels in child processes: in parallel, isolated from each other, through a cache of objects.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/status.h"
#include "generators/compile.h"
#include "pipeline/plan.h"

namespace effnet {

struct JobOptions {
  std::string compiler;           // the effnetc to run as child processes; empty: the running program
  int jobs = 0;                   // at a time; 0: as many as there are cores
  std::string cache_dir;          // empty: $XDG_CACHE_HOME/effnet or ~/.cache/effnet
  int seconds = 600;              // a kernel may take; it takes about one
  std::int64_t memory_bytes = 0;  // a kernel's compilation may take; 0: no limit
  std::function<void(int done, int total)> progress;  // called from one thread at a time; may be empty
};

// Objects carry this name instead of a library's, so that
// libraries share the cache; stamp_symbol() puts the real one in.
extern const std::string placeholder_symbol;

// What a kernel's symbol becomes where an object stores the lengths of its symbols: as long as the placeholder.
std::string lengthened_symbol(std::string symbol);

// Replaces the placeholder in an object's string table; false: there is none. `symbol` is not longer than it.
[[nodiscard]] bool stamp_symbol(std::string& object, const std::string& symbol);

// What a kernel's generator is asked for, under the placeholder's name.
KernelRequest kernel_request(const Kernel& kernel, const CpuTarget& target);

// One object a kernel, in their order.
Result<std::vector<std::string>> compile_kernels(const std::vector<Kernel>& kernels, const CpuTarget& target,
                                                 const JobOptions& options);

// One object. A compilation that fails, hangs or takes too much memory is an error that says so.
Result<std::string> compile_kernel_apart(const Kernel& kernel, const CpuTarget& target,
                                         const JobOptions& options);

// Its marked assembly (generators/loop_nest.h) instead. `scalars`: values of the kernel's scalar arguments.
Result<std::string> compile_marked_assembly(const Kernel& kernel, const Numbers& scalars,
                                            const CpuTarget& target, const JobOptions& options);

// What a child process does: `effnetc compile-kernel OBJECT GENERATOR TARGET SCRATCH_BYTES name=value...`, with
// `name:value` for scalar arguments; an OBJECT that ends with .s becomes marked assembly.
Status compile_kernel_command(const std::vector<std::string>& arguments);

std::string default_cache_dir();

}  // namespace effnet
