// `effnetc describe --edge`: what a network takes on a small machine.
#pragma once

#include <cstdint>
#include <optional>

#include "pipeline/library.h"
#include "pipeline/object.h"

namespace effnet {

struct EdgeReport {
  std::int64_t archive_bytes = 0;     // lib<name>.a, the runtime not included
  std::optional<ObjectFacts> object;  // of all its objects; nothing for formats other than ELF
  std::int64_t runtime_bytes = 0;     // instructions and constants of lib/libeffnet.a, of this machine's CPU
  std::int64_t weights_bytes = 0, activation_bytes = 0, scratch_bytes_per_thread = 0;
  std::int64_t stack_bytes = 0;  // of every thread that runs
  std::int64_t multiply_adds = 0;
};

// Compiles the library (through the cache) into a temporary folder and looks at it.
Result<EdgeReport> edge_report(LibraryRequest request, const LibraryPlan& library);

void print_edge(const EdgeReport& report, const LibraryRequest& request, bool json);

}  // namespace effnet
