#include <cstdio>

#include "base/files.h"
#include "base/message.h"
#include "base/text.h"
#include "pipeline/depfile.h"
#include "pipeline/library.h"
#include "tools/effnetc/commands.h"
#include "tools/effnetc/compile_progress.h"

namespace effnet {

namespace {

struct CompileArguments {
  std::string network, targets = "host", precision = "fp32", depfile;
  LibraryRequest request;
  std::optional<int> resolution;
  int classes = 0;
};

Status run_compile(CompileArguments& a) {
  Result<NetworkConfig> network = find_network(a.network);
  if (!network) return network.status();
  if (a.resolution) network->resolution = *a.resolution;
  if (a.classes > 0) network->classes = a.classes;
  Result<std::vector<CpuTarget>> targets = find_targets(a.targets);
  if (!targets) return targets.status();

  Result<Precision> precision = find_precision(a.precision);
  if (!precision) return precision.status();

  LibraryRequest& request = a.request;
  request.precision = *precision;
  request.network = *network;
  if (a.network.ends_with(".json")) request.network_file = a.network;
  request.targets = *targets;
  if (request.name.empty()) request.name = network->name;
  request.warn = [](const std::string& text) { print_warning("effnetc compile", text); };
  request.jobs.progress = progress_bar("compile " + request.name);
  const std::string archive = request.folder + "/lib" + request.name + ".a";
  Result<std::string> rule = std::string();
  if (!a.depfile.empty()) rule = depfile_text(archive, library_inputs(request));
  if (!rule) return rule.status();
  if (Status status = build_library(request); !status) return status;
  if (!a.depfile.empty())
    if (Status status = write_file(a.depfile, *rule); !status) return status;
  std::string files = "lib" + request.name + ".a, " + request.name + ".h, " + request.name + ".c";
  if (request.shared) files += ", lib" + request.name + ".so";
  std::printf("%s: %s\n", request.folder.c_str(), files.c_str());
  return {};
}

void add_schedule_options(CLI::App& command, CompileArguments& a) {
  LibraryRequest& r = a.request;
  command.add_option("--schedules", r.schedules, "Folder of schedule rows that go before all others")
      ->check(CLI::ExistingDirectory);
  command.add_flag("--default-schedules", r.default_schedules, "No rows: every step runs on its default")
      ->excludes("--schedules");
  command.add_flag_callback(
      "--no-user-schedules", [&r] { r.user_schedules = false; },
      "Only --schedules and the shipped rows: the same bytes for every user");
}

}  // namespace

void add_compile(CLI::App& app, Commands& commands) {
  CLI::App* command =
      app.add_subcommand("compile", "A network's library, header and C for one or several CPU targets");
  command->footer("Example:\n  effnetc compile efficientnet_b0 -o out --target x86-64-v4,x86-64-v3 --shared");
  const auto a = std::make_shared<CompileArguments>();
  LibraryRequest& r = a->request;
  command->add_option("NETWORK", a->network, "A name of `effnetc list`, or a network file (.json)")
      ->required();
  command->add_option("-o,--output", r.folder, "Folder for lib<name>.a, <name>.h and <name>.c")
      ->required()
      ->type_name("DIR");
  command
      ->add_option("--target", a->targets,
                   "host, names of `effnetc targets` or Halide target strings, joined by commas")
      ->capture_default_str();
  command->add_option("--name", r.name,
                      "Library's name and prefix of its symbols (default: the network's name)");
  command->add_option("--resolution", a->resolution, "Another input resolution, 8 to 4096");
  command->add_option("--classes", a->classes, "Another number of classes")
      ->check(CLI::Range(1, most_classes));
  command->add_flag("--shared", r.shared, "Also lib<name>.so, which effnet loads");
  command
      ->add_option(
          "--threads", r.threads,
          "Schedules for so many threads: tuned ones, and defaults with work for each; any number runs")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  CLI::Option* min_memory = command->add_flag(
      "--min-memory", r.min_memory,
      "A smaller arena; the first block then has fewer tasks for threads. The same results");
  command
      ->add_flag("--observe", r.observe,
                 "A larger, slower library that shows every tensor between layers: for effnet calibrate")
      ->excludes(min_memory);
  add_precision_option(*command, a->precision);
  command
      ->add_option(
          "--calibration", r.calibration,
          "Of --precision int8: the file of effnet calibrate, whose blocks that are kept stay in float32")
      ->type_name("FILE");
  command->add_option("--jobs", r.jobs.jobs, "Kernels compiled at a time (default: as many as cores)")
      ->check(CLI::Range(1, 1024));
  command->add_option("--cc", r.cc,
                      "C compiler of the generated .c (default: cc, clang for another kind of machine)");
  add_schedule_options(*command, *a);
  command
      ->add_option("--embed", r.embed,
                   "A .weights file that becomes a part of the archive: <name>_open_embedded()")
      ->check(CLI::ExistingFile);
  command->add_option("--depfile", a->depfile,
                      "Write what the library was made from, as a rule for make and Ninja");
  command->add_option("--cache-dir", r.jobs.cache_dir, "Cache of compiled kernels (default: ~/.cache/effnet)")
      ->take_last();
  commands.push_back({command, [a] { return run_compile(*a); }});
}

}  // namespace effnet
