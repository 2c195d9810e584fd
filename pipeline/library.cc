#include "pipeline/library.h"

#include <Halide.h>

#include <filesystem>

#include "base/files.h"
#include "base/process.h"
#include "base/text.h"
#include "generators/compile.h"
#include "models/calibration.h"
#include "pipeline/cc.h"
#include "pipeline/emit.h"
#include "pipeline/object.h"
#include "pipeline/plan.h"
#include "pipeline/workspace.h"

namespace effnet {

namespace fs = std::filesystem;

namespace {

struct Objects {
  std::vector<std::string> files;  // in the workspace
  std::int64_t stack_bytes = 0;    // see stack_bytes()
};

// Every variant's kernels.
Result<Objects> write_objects(const LibraryRequest& request, const LibraryPlan& library,
                              const std::string& folder) {
  int total = 0, before = 0;
  for (const Plan& plan : library.variants) total += static_cast<int>(plan.kernels.size());
  Objects written;
  for (const Plan& plan : library.variants) {
    JobOptions jobs = request.jobs;
    if (jobs.progress) jobs.progress = [&](int done, int) { request.jobs.progress(before + done, total); };
    Result<std::vector<std::string>> objects = compile_kernels(plan.kernels, plan.target, jobs);
    if (!objects) return objects.status();
    for (std::size_t i = 0; i < objects->size(); ++i) {
      const std::string symbol = kernel_symbol(library, plan, static_cast<int>(i));
      if (!stamp_symbol((*objects)[i], symbol))
        return Status::error("a compiled kernel (" + plan.kernels[i].operation + ") has not its symbol");
      written.stack_bytes = std::max(written.stack_bytes, stack_bytes(inspect_object((*objects)[i])));
      written.files.push_back(symbol + ".o");
      if (Status status = write_file(folder + "/" + written.files.back(), (*objects)[i]); !status)
        return status;
    }
    before += static_cast<int>(plan.kernels.size());
  }
  return written;
}

Status write_archive(const LibraryRequest& request, const std::string& folder,
                     std::vector<std::string> files) {
  for (std::string& file : files) file = folder + "/" + file;
  try {
    Halide::create_static_library(files, Halide::Target(request.targets.front().halide),
                                  folder + "/lib" + request.name + ".a", true);
  } catch (const Halide::Error& e) {
    return Status::error(std::string("cannot write the archive: ") + e.what());
  }
  return {};
}

Status assemble_weights(const LibraryRequest& request, const LibraryPlan& library,
                        const std::string& folder) {
  const std::string file = library.name + "_weights";
  const std::string source = emit_weights_source(library.name, library.weights);
  if (Status status = write_file(folder + "/" + file + ".S", source); !status) return status;
  return run_cc(request.cc, request.targets.front(), folder, {"-g0", "-c", file + ".S", "-o", file + ".o"});
}

Status compile_files(const LibraryRequest& request, const LibraryPlan& library, const std::string& folder) {
  const std::string& name = request.name;
  const CpuTarget& target = request.targets.front();
  if (Status status = write_file(folder + "/" + name + ".c", emit_source(library)); !status) return status;
  const Result<Objects> objects = write_objects(request, library, folder);
  if (!objects) return objects.status();
  const std::string header = emit_header(library, objects->stack_bytes);
  if (Status status = write_file(folder + "/" + name + ".h", header); !status) return status;
  std::vector<std::string> compile = {
      "-std=c11", "-O2",       "-g0", "-ffreestanding", "-fvisibility=hidden", "-I", installed("include"),
      "-c",       name + ".c", "-o",  name + ".o"};
  if (target.wants_position_independent_code()) compile.insert(compile.begin(), "-fPIC");
  if (Status status = run_cc(request.cc, target, folder, compile); !status) return status;
  if (!fs::exists(folder + "/" + name + ".o"))
    return Status::error("the C compiler wrote no object; --cc names another");
  std::vector<std::string> files = objects->files;
  files.insert(files.begin(), name + ".o");
  if (!library.weights.path.empty()) {
    if (Status status = assemble_weights(request, library, folder); !status) return status;
    files.push_back(name + "_weights.o");
  }
  if (Status status = write_archive(request, folder, files); !status) return status;
  if (!request.shared) return {};
  std::vector<std::string> link = {"-shared", "-o", "lib" + name + ".so", "-Wl,-soname,lib" + name + ".so",
                                   "-Wl,-Bsymbolic"};
  link.insert(link.end(), files.begin(), files.end());
  link.insert(link.end(), {"-Wl,--whole-archive", installed("lib/libeffnet.a"), "-Wl,--no-whole-archive",
                           "-pthread", "-lm"});
  return run_cc(request.cc, target, folder, link);
}

}  // namespace

std::string installed(const std::string& what) {
  return (fs::path(own_path()).parent_path().parent_path() / what).string();
}

Status check_library_name(const std::string& name) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  if (name == "effnet" || name == "effnet_program")
    return Status::error("a library cannot be called " + in_quotes(name) +
                         ": the runtime's header has that name (--name)");
  if (!name.empty() && name.size() <= 60 && !(name[0] >= '0' && name[0] <= '9') &&
      std::all_of(name.begin(), name.end(), fits))
    return {};
  return Status::error("a library cannot be called " + in_quotes(name) +
                       ": it needs a C identifier of at most 60 letters, digits and underscores (--name)");
}

std::vector<std::string> row_folders(const LibraryRequest& request) {
  if (request.default_schedules) return {};
  return schedule_folders(request.schedules, installed("share/effnet/schedules"), request.user_schedules);
}

Result<LibraryPlan> plan_library(const LibraryRequest& request) {
  if (request.observe && request.precision != Precision::fp32)
    return Status::error("--observe is for --precision fp32: what is observed are float32 tensors");
  if (request.observe && request.min_memory)
    return Status::error("--observe keeps every tensor, --min-memory does not: one of them");
  Result<Network> network = build_network(request.network);
  if (!network) return network.status();
  if (!request.calibration.empty()) {
    const Result<Calibration> calibration =
        take_calibration(request.calibration, request.precision, *network);
    if (!calibration) return calibration.status();
  }
  std::vector<std::string> operations;
  for (const Operator& op : operators()) operations.push_back(op.name);
  LibraryPlan library{request.name, {}};
  if (!request.embed.empty()) {
    Result<EmbeddedWeights> weights = check_embedded(request.embed, *network, request.precision);
    if (!weights) return weights.status();
    library.weights = *std::move(weights);
  }
  for (const CpuTarget& target : request.targets) {
    Result<ScheduleRows> rows = ScheduleRows::load(row_folders(request), target.name, operations);
    if (!rows) return rows.status();
    Result<Plan> plan =
        make_plan(*network, {target, request.threads, &*rows, runs_here(target) ? cpu_model() : "",
                             halide_version(), request.min_memory, request.precision, request.observe});
    if (!plan) return plan.status();
    for (const std::string& warning : plan->warnings)
      if (request.warn) request.warn(warning);
    library.variants.push_back(*std::move(plan));
  }
  return library;
}

Status build_library(const LibraryRequest& request) {
  if (Status status = check_library_name(request.name); !status) return status;
  if (request.shared && request.targets.front().is_foreign())
    return Status::error(
        "shared libraries are made for this machine's kind, as the runtime in them is; link lib" +
        request.name + ".a for target '" + request.targets.front().name + "'");
  Result<LibraryPlan> library = plan_library(request);
  if (!library) return library.status();
  return write_library(request, *library);
}

Status write_library(const LibraryRequest& request, const LibraryPlan& library) {
  Result<Workspace> workspace = Workspace::create(request.folder);
  if (!workspace) return workspace.status();
  if (Status status = compile_files(request, library, workspace->path()); !status) return status;

  std::vector<std::string> results = {request.name + ".h", request.name + ".c", "lib" + request.name + ".a"};
  if (request.shared) results.push_back("lib" + request.name + ".so");
  return workspace->publish(results);
}

}  // namespace effnet
