// effnetc scale: a compound-scaled network (Tan and Le, section 3.3).
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <memory>

#include "base/files.h"
#include "base/text.h"
#include "models/network.h"
#include "tools/effnetc/commands.h"

namespace effnet {
namespace {

struct Options {
  CompoundScaling scaling;
  std::string output, name;
};

// Doubling the cost with every step of phi is what the rule's exponents stand for.
void warn_of_cost(const CompoundScaling& scaling) {
  constexpr double wanted = 2, tolerance = 0.1;
  const double cost = scaling.alpha * scaling.beta * scaling.beta * scaling.gamma * scaling.gamma;
  if (std::abs(cost - wanted) > tolerance)
    std::fprintf(stderr,
                 "effnetc scale: warning: alpha * beta^2 * gamma^2 is %.3f, not about 2: cost grows by that "
                 "factor with every step of phi\n",
                 cost);
}

Status run(const Options& options) {
  std::string name = options.name;
  if (name.empty())
    name = options.output.empty() ? "scaled" : std::filesystem::path(options.output).stem().string();
  const Result<NetworkConfig> config = scale_baseline(options.scaling, name);
  if (!config) return config.status();
  const Result<Network> network = build_network(*config);
  if (!network) return network.status();
  warn_of_cost(options.scaling);
  if (options.output.empty()) {
    std::fputs(network_file(*config).c_str(), stdout);
    return {};
  }
  if (!options.output.ends_with(".json"))
    return Status::error("the name of a network file must end in .json, " + in_quotes(options.output) +
                         " does not");
  if (Status status = write_file(options.output, network_file(*config)); !status) return status;
  std::printf("%s: width %.4f, depth %.4f, resolution %d, %s parameters, %.4f G multiply-adds\n",
              name.c_str(), config->width, config->depth, config->resolution,
              with_commas(parameters(*network)).c_str(), static_cast<double>(multiply_adds(*network)) / 1e9);
  return {};
}

}  // namespace

void add_scale(CLI::App& app, Commands& commands) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("scale", "Scale EfficientNet-B0 by the compound rule");
  command->add_option("--alpha", options->scaling.alpha, "depth is alpha^phi")->capture_default_str();
  command->add_option("--beta", options->scaling.beta, "width is beta^phi")->capture_default_str();
  command->add_option("--gamma", options->scaling.gamma, "resolution is 224 gamma^phi")
      ->capture_default_str();
  command->add_option("--phi", options->scaling.phi, "how often the cost doubles, about")->required();
  command->add_option("-o,--output", options->output, "the network file; without it, it is printed")
      ->type_name("FILE.json");
  command->add_option("--name", options->name, "the network's name (default: as the file)")
      ->type_name("NAME");
  command->footer("Example: effnetc scale --alpha 1.2 --beta 1.1 --gamma 1.15 --phi 2.5 -o middle.json");
  commands.push_back({command, [options] { return run(*options); }});
}

}  // namespace effnet
