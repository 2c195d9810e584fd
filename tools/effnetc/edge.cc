#include "tools/effnetc/edge.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/owned_folder.h"
#include "base/text.h"

namespace effnet {

namespace {

std::string target_names(const LibraryRequest& request) {
  std::vector<std::string> names;
  for (const CpuTarget& target : request.targets) names.push_back(target.name);
  return join(names, ",");
}

void print_row(const char* what, std::int64_t bytes, const std::string& remark) {
  std::printf("%-14s %14s%s\n", what, with_commas(bytes).c_str(), remark.c_str());
}

}  // namespace

Result<EdgeReport> edge_report(LibraryRequest request, const LibraryPlan& library) {
  const Result<OwnedFolder> folder = OwnedFolder::create("effnet-edge-");
  if (!folder) return folder.status();
  request.folder = folder->path();
  if (Status status = write_library(request, library); !status) return status;
  const std::string archive = folder->path() + "/lib" + request.name + ".a";

  EdgeReport report;
  report.archive_bytes = static_cast<std::int64_t>(std::filesystem::file_size(archive));
  Result<std::optional<ObjectFacts>> object = inspect_archive(archive);
  if (!object) return object.status();
  report.object = *object;
  const Result<std::optional<ObjectFacts>> runtime = inspect_archive(installed("lib/libeffnet.a"));
  if (runtime && *runtime) report.runtime_bytes = (*runtime)->text_bytes + (*runtime)->data_bytes;
  const Plan& plan = library.variants.front();
  report.weights_bytes = weights_bytes(plan);
  report.stack_bytes = stack_bytes(report.object);
  report.multiply_adds = multiply_adds(plan.network);
  for (const Plan& variant : library.variants) {
    report.activation_bytes = std::max(report.activation_bytes, variant.activation_bytes);
    report.scratch_bytes_per_thread = std::max(report.scratch_bytes_per_thread, variant.scratch_bytes);
  }
  return report;
}

void print_edge(const EdgeReport& r, const LibraryRequest& request, bool json) {
  const std::int64_t arena = r.activation_bytes + request.threads * r.scratch_bytes_per_thread;
  if (json) {
    nlohmann::ordered_json report = {{"network", request.network.name},
                                     {"target", target_names(request)},
                                     {"precision", traits_of(request.precision).name},
                                     {"threads", request.threads},
                                     {"archive_bytes", r.archive_bytes},
                                     {"text_bytes", nullptr},
                                     {"data_bytes", nullptr},
                                     {"runtime_bytes", r.runtime_bytes},
                                     {"weights_bytes", r.weights_bytes},
                                     {"arena_bytes", arena},
                                     {"activation_bytes", r.activation_bytes},
                                     {"scratch_bytes_per_thread", r.scratch_bytes_per_thread},
                                     {"stack_bytes", r.stack_bytes},
                                     {"multiply_adds", r.multiply_adds}};
    if (r.object) {
      report["text_bytes"] = r.object->text_bytes;
      report["data_bytes"] = r.object->data_bytes;
    }
    std::printf("%s\n", report.dump(2).c_str());
    return;
  }
  std::printf("%s for %s, %s, %d thread%s\n", request.network.name.c_str(), target_names(request).c_str(),
              traits_of(request.precision).name.c_str(), request.threads, request.threads == 1 ? "" : "s");
  print_row("archive", r.archive_bytes, " bytes, lib" + request.name + ".a");
  if (r.object) {
    print_row("text", r.object->text_bytes, " bytes of instructions");
    print_row("constants", r.object->data_bytes, " bytes of tables and constants");
  }
  print_row("runtime", r.runtime_bytes,
            " bytes of instructions and constants in libeffnet.a, for this machine");
  print_row("weights", r.weights_bytes, " bytes, mapped; the file has a header on top");
  print_row("arena", arena,
            " bytes: " + with_commas(r.activation_bytes) + " and " + with_commas(r.scratch_bytes_per_thread) +
                " a thread");
  print_row("stack", r.stack_bytes,
            r.object ? " bytes at most on every thread that runs"
                     : " bytes on every thread that runs, assumed: frames of this format are not read");
  print_row("multiply-adds", r.multiply_adds, "");
}

}  // namespace effnet
