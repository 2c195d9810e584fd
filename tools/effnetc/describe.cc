#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "pipeline/library.h"
#include "pipeline/plan.h"
#include "tools/effnetc/commands.h"
#include "tools/effnetc/compile_progress.h"
#include "tools/effnetc/edge.h"

namespace effnet {

namespace {

using Json = nlohmann::ordered_json;

struct DescribeArguments {
  std::string network, target = "host", precision = "fp32";
  std::optional<int> resolution;
  int classes = 0, threads = 1;
  bool min_memory = false, edge = false, json = false;
  JobOptions jobs;
  CCompiler cc;
};

Json to_json(const Shape& s) { return Json::array({s.height, s.width, s.channels}); }

Json to_json(const Plan& plan, int threads) {
  const Network& n = plan.network;
  Json layers = Json::array(), steps = Json::array();
  for_each_layer(n, [&](const Layer& l) {
    layers.push_back({{"name", l.name},
                      {"in", to_json(l.in)},
                      {"out", to_json(l.out)},
                      {"kernel", l.kernel},
                      {"stride", l.stride},
                      {"parameters", parameters(l)},
                      {"multiply_adds", multiply_adds(l)}});
  });
  for (const Step& s : plan.steps)
    steps.push_back({{"name", s.name},
                     {"operation", s.operation},
                     {"kernel", s.kernel},
                     {"tasks", s.blocks * s.strips},
                     {"multiply_adds", s.multiply_adds},
                     {"activations", s.activations},
                     {"bytes", s.bytes},
                     {"schedule", plan.kernels[s.kernel].schedule}});
  return {{"network", n.name},
          {"target", plan.target.name},
          {"precision", traits_of(plan.precision).name},
          {"resolution", n.resolution},
          {"classes", n.classes},
          {"parameters", parameters(n)},
          {"multiply_adds", multiply_adds(n)},
          {"unique_steps", plan.kernels.size()},
          {"arena_bytes", plan.activation_bytes + threads * plan.scratch_bytes},
          {"activation_bytes", plan.activation_bytes},
          {"scratch_bytes_per_thread", plan.scratch_bytes},
          {"weights_bytes", weights_bytes(plan)},
          {"layers", layers},
          {"steps", steps}};
}

void print_layers(const Network& n) {
  std::printf("%-28s %-16s %-16s %2s %2s %12s %14s\n", "layer", "in", "out", "k", "s", "parameters",
              "multiply-adds");
  for_each_layer(n, [](const Layer& l) {
    char in[32], out[32];
    std::snprintf(in, sizeof in, "%dx%dx%d", l.in.height, l.in.width, l.in.channels);
    std::snprintf(out, sizeof out, "%dx%dx%d", l.out.height, l.out.width, l.out.channels);
    std::printf("%-28s %-16s %-16s %2d %2d %12s %14s\n", l.name.c_str(), in, out, l.kernel, l.stride,
                with_commas(parameters(l)).c_str(), with_commas(multiply_adds(l)).c_str());
  });
}

void print_steps(const Plan& plan) {
  std::printf("\n%4s %-28s %-58s %6s %5s %14s\n", "step", "name", "operation", "kernel", "tasks",
              "multiply-adds");
  for (std::size_t i = 0; i < plan.steps.size(); ++i) {
    const Step& s = plan.steps[i];
    std::printf("%4zu %-28s %-58s %6d %5d %14s\n", i, s.name.c_str(), s.operation.c_str(), s.kernel,
                s.blocks * s.strips, with_commas(static_cast<std::int64_t>(s.multiply_adds)).c_str());
  }
}

Status describe_edge(const DescribeArguments& a, LibraryRequest& request, LibraryPlan& library) {
  request.name = library.name = identifier(request.network.name);
  request.cc = a.cc;
  request.jobs = a.jobs;
  request.jobs.progress = progress_bar("compile " + request.name);
  const Result<EdgeReport> report = edge_report(request, library);
  if (!report) return report.status();
  print_edge(*report, request, a.json);
  return {};
}

Status run_describe(const DescribeArguments& a) {
  Result<NetworkConfig> config = find_network(a.network);
  if (!config) return config.status();
  if (a.resolution) config->resolution = *a.resolution;
  if (a.classes > 0) config->classes = a.classes;
  Result<std::vector<CpuTarget>> targets = find_targets(a.target);
  if (!targets) return targets.status();
  if (targets->size() > 1 && !a.edge)
    return Status::error("several targets are described together only with --edge");
  Result<Precision> precision = find_precision(a.precision);
  if (!precision) return precision.status();
  LibraryRequest request;
  request.network = *config;
  request.precision = *precision;
  request.targets = *targets;
  request.threads = a.threads;
  request.min_memory = a.min_memory;
  Result<LibraryPlan> library = plan_library(request);
  if (!library) return library.status();
  if (a.edge) return describe_edge(a, request, *library);
  const Plan* plan = &library->variants.front();
  const Network* network = &plan->network;
  if (a.json) {
    std::printf("%s\n", to_json(*plan, a.threads).dump(2).c_str());
    return {};
  }
  print_layers(*network);
  print_steps(*plan);
  std::printf(
      "\n%s at %d x %d, %d classes, for %s: %s parameters, %.4f G multiply-adds, %zu steps of %zu kinds\n",
      network->name.c_str(), network->resolution, network->resolution, network->classes,
      plan->target.name.c_str(), with_commas(parameters(*network)).c_str(),
      static_cast<double>(multiply_adds(*network)) / 1e9, plan->steps.size(), plan->kernels.size());
  std::printf("%s: weights %.2f MB, arena %.2f MB and %.2f MB a thread\n", a.precision.c_str(),
              static_cast<double>(weights_bytes(*plan)) / 1e6,
              static_cast<double>(plan->activation_bytes) / 1e6,
              static_cast<double>(plan->scratch_bytes) / 1e6);
  return {};
}

}  // namespace

void add_describe(CLI::App& app, Commands& commands) {
  CLI::App* command = app.add_subcommand(
      "describe", "A network's layers and fused steps: shapes, parameters, multiply-adds, arena");
  command->footer(
      "Example:\n"
      "  effnetc describe efficientnet_b0 --target x86-64-v3\n"
      "  effnetc describe efficientnet_b0 --edge --min-memory --target x86-64-v3,x86-64");
  const auto a = std::make_shared<DescribeArguments>();
  command->add_option("NETWORK", a->network, "A name of `effnetc list`, or a network file (.json)")
      ->required();
  command->add_option("--target", a->target, "host, a name of `effnetc targets` or a Halide target string")
      ->capture_default_str();
  command->add_option("--resolution", a->resolution, "Another input resolution, 8 to 4096");
  command->add_option("--classes", a->classes, "Another number of classes")
      ->check(CLI::Range(1, most_classes));
  add_precision_option(*command, a->precision);
  command->add_option("--threads", a->threads, "Arena and tasks for so many threads")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  CLI::Option* edge = command->add_flag(
      "--edge", a->edge,
      "Instead: bytes of archive, text, weights, arena and stack; compiles, for one or several targets");
  command->add_option("--cc", a->cc, "C compiler of the generated .c (default: as compile)")->needs(edge);
  command->add_option("--jobs", a->jobs.jobs, "Kernels compiled at a time (default: as many as cores)")
      ->needs(edge)
      ->check(CLI::Range(1, 1024));
  command
      ->add_option("--cache-dir", a->jobs.cache_dir, "Cache of compiled kernels (default: ~/.cache/effnet)")
      ->needs(edge);
  command->add_flag("--min-memory", a->min_memory, "Of a library compiled with --min-memory");
  command->add_flag("--json", a->json, "One JSON document on stdout");
  commands.push_back({command, [a] { return run_describe(*a); }});
}

}  // namespace effnet
