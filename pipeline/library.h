// Plan -> lib<name>.a, <name>.h, <name>.c [and lib<name>.so].
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/status.h"
#include "models/network.h"
#include "pipeline/cc.h"
#include "pipeline/emit.h"
#include "pipeline/jobs.h"

namespace effnet {

struct LibraryRequest {
  NetworkConfig network;
  std::string name;                // of the library and its symbols
  std::vector<CpuTarget> targets;  // best first
  std::string folder;              // made if missing
  bool shared = false;
  Precision precision = Precision::fp32;
  std::string calibration;         // of int8, for the blocks that it keeps in float32; empty: none are
  int threads = 1;                 // schedules are taken for so many
  CCompiler cc;                    // of the generated C
  std::string network_file;        // that `network` was read from; empty: it is a variant
  std::string embed;               // .weights file that goes into the archive; may be empty
  std::string schedules;           // a folder of rows before all others; may be empty
  bool user_schedules = true;      // also the user's rows: $EFFNET_SCHEDULES and the data folder
  bool default_schedules = false;  // no rows at all
  bool min_memory = false;         // PlanOptions.min_memory
  bool observe = false;            // PlanOptions.observe
  JobOptions jobs;
  std::function<void(const std::string&)> warn;  // may be empty
};

// Files appear whole or not at all.
Status build_library(const LibraryRequest& request);

// Its two parts: what is to be compiled, and the compilation.
Result<LibraryPlan> plan_library(const LibraryRequest& request);
Status write_library(const LibraryRequest& request, const LibraryPlan& library);

// Where its rows of schedules are looked for.
std::vector<std::string> row_folders(const LibraryRequest& request);

// Whether a library may be called so: a C identifier of at most 60 letters, digits and underscores.
Status check_library_name(const std::string& name);

// Folders of this installation: `lib` (libeffnet.a), `include`, `share/effnet/schedules`.
std::string installed(const std::string& what);

}  // namespace effnet
