// effnetc scale: compound-scaled networks (Tan and Le, section 3.3).
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>

#include "base/files.h"
#include "base/message.h"
#include "base/text.h"
#include "scaling/memory.h"
#include "scaling/tables.h"
#include "tools/effnetc/commands.h"
#include "tools/effnetc/scale_search.h"

namespace effnet {
namespace {

struct Options {
  std::optional<double> alpha, beta, gamma, phi;
  std::string baseline = "efficientnet_b0", output, name, target = "host";
  int classes = 0;
  bool search = false, published = false, json = false;
  ScaleSearchOptions grid_search;
};

void warn(const std::string& text) { print_warning("effnetc scale", text); }

// Doubling the cost with every step of phi is what the rule's exponents stand for.
void warn_of_cost(const CompoundScaling& scaling) {
  constexpr double wanted = 2, tolerance = 0.1;
  const double cost = cost_factor(scaling);
  if (std::abs(cost - wanted) > tolerance)
    warn(formatted(
        "alpha * beta^2 * gamma^2 is %.3f, not about 2: cost grows by that factor with every step of phi",
        cost));
}

void warn_of_memory(const ScaledNetwork& scaled) {
  const std::int64_t need = memory_need(scaled.plan, 1).whole(), have = machine_memory();
  if (have > 0 && need > have)
    warn(formatted("weights and arena take %.1f GB, this machine has %.1f GB",
                   static_cast<double>(need) / 1e9, static_cast<double>(have) / 1e9));
}

Result<NetworkConfig> baseline_of(const Options& options) {
  Result<NetworkConfig> baseline = find_network(options.baseline);
  if (baseline && options.classes > 0) baseline->classes = options.classes;
  return baseline;
}

void print_summary(const ScaledNetwork& scaled) {
  const NetworkConfig& c = scaled.config;
  std::printf("%s: width %.4f, depth %.4f, resolution %d, %s parameters, %.4f G multiply-adds\n",
              c.name.c_str(), c.width, c.depth, c.resolution,
              with_commas(parameters(scaled.plan.network)).c_str(),
              static_cast<double>(multiply_adds(scaled.plan.network)) / 1e9);
}

Status scale_one(const Options& options, const NetworkConfig& baseline, const CpuTarget& target) {
  if (!options.phi) return Status::error("--phi is missing (or --search, or --published)");
  if (!options.output.empty() && !options.output.ends_with(".json"))
    return Status::error("the name of a network file must end in .json, " + in_quotes(options.output) +
                         " does not");
  std::string name = options.name;
  if (name.empty())
    name = options.output.empty() ? "scaled" : std::filesystem::path(options.output).stem().string();
  const CompoundScaling published;
  const CompoundScaling scaling{options.alpha.value_or(published.alpha),
                                options.beta.value_or(published.beta),
                                options.gamma.value_or(published.gamma), *options.phi};
  const Result<ScaledNetwork> scaled = scale_for(target, baseline, scaling, name);
  if (!scaled) return scaled.status();
  if (!options.output.empty())
    if (Status status = write_file(options.output, network_file(scaled->config)); !status) return status;
  warn_of_cost(scaling);
  warn_of_memory(*scaled);
  if (options.output.empty() || options.json)
    std::fputs(network_file(scaled->config).c_str(), stdout);
  else
    print_summary(*scaled);
  return {};
}

Status run(const Options& options) {
  if (options.published) {
    const Result<std::vector<PublishedComparison>> rows = compare_published();
    if (!rows) return rows.status();
    std::fputs((options.json ? published_json(*rows) : published_text(*rows)).c_str(), stdout);
    return {};
  }
  const Result<NetworkConfig> baseline = baseline_of(options);
  if (!baseline) return baseline.status();
  const Result<CpuTarget> target = find_target(options.target);
  if (!target) return target.status();
  if (!options.search) return scale_one(options, *baseline, *target);
  ScaleSearchOptions search = options.grid_search;
  search.grid.alpha = options.alpha;
  search.grid.beta = options.beta;
  search.grid.gamma = options.gamma;
  return run_scale_search(search, *baseline, *target, options.output, options.json);
}

}  // namespace

void add_scale(CLI::App& app, Commands& commands) {
  const auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("scale", "Scale a network by the compound rule, or search the rule's factors");
  command->add_option("--alpha", options->alpha,
                      "Depth grows by alpha^phi (default: 1.2). A search keeps a given one");
  command->add_option("--beta", options->beta, "Width grows by beta^phi (default: 1.1), likewise");
  command->add_option("--gamma", options->gamma, "Resolution grows by gamma^phi (default: 1.15), likewise");
  command->add_option("--phi", options->phi, "How often the cost doubles, about");
  command
      ->add_option("--base", options->baseline, "What is scaled: a name of `effnetc list` or a network file")
      ->type_name("NETWORK")
      ->capture_default_str();
  command->add_option("--classes", options->classes, "Another number of classes")
      ->check(CLI::Range(1, most_classes));
  command
      ->add_option("-o,--output", options->output,
                   "The network file; without it, it is printed. With --search: the winner's, phi = 1")
      ->type_name("FILE.json");
  command->add_option("--name", options->name, "The network's name (default: as the file)")
      ->type_name("NAME");
  command
      ->add_option("--target", options->target, "host, a name of `effnetc targets` or a Halide target string")
      ->capture_default_str();
  command->add_flag("--json", options->json, "One JSON document on stdout");
  command->add_flag("--published", options->published, "B0-B7 beside the networks of the exact rule");
  CLI::Option* search = command->add_flag(
      "--search", options->search, "Tries all alpha, beta, gamma of a grid with about the wanted cost");
  for (const char* other : {"--phi", "--name", "--published"}) search->excludes(command->get_option(other));
  add_search_options(*command, search, options->grid_search);
  command->footer(
      "Examples:\n"
      "  effnetc scale --alpha 1.2 --beta 1.1 --gamma 1.15 --phi 2.5 -o middle.json\n"
      "  effnetc scale --search --objective params --objective latency --table grid.csv --plot grid.svg");
  commands.push_back({command, [options] { return run(*options); }});
}

}  // namespace effnet
