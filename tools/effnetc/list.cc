// effnetc list: the networks that have a name.
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "models/network.h"
#include "pipeline/plan.h"
#include "tools/effnetc/commands.h"

namespace effnet {
namespace {

Status run(bool as_json) {
  auto list = nlohmann::ordered_json::array();
  if (!as_json)
    std::printf("%-24s %12s %16s %12s %14s\n", "network", "parameters", "multiply-adds", "resolution",
                "unique steps");
  for (const NetworkConfig& config : variants()) {
    const Result<Network> network = build_network(config);
    if (!network) return network.status();
    const std::size_t steps = unique_steps(*network);
    if (as_json)
      list.push_back({{"network", config.name},
                      {"family", config.family == Family::lite ? "lite" : "efficientnet"},
                      {"padding", config.padding == Padding::same ? "same" : "symmetric"},
                      {"width", config.width},
                      {"depth", config.depth},
                      {"resolution", config.resolution},
                      {"classes", config.classes},
                      {"parameters", parameters(*network)},
                      {"multiply_adds", multiply_adds(*network)},
                      {"unique_steps", steps}});
    else
      std::printf("%-24s %12s %14.4f G %12d %14zu\n", config.name.c_str(),
                  with_commas(parameters(*network)).c_str(),
                  static_cast<double>(multiply_adds(*network)) / 1e9, config.resolution, steps);
  }
  if (as_json) std::printf("%s\n", list.dump(2).c_str());
  return {};
}

}  // namespace

void add_list(CLI::App& app, Commands& commands) {
  const auto as_json = std::make_shared<bool>(false);
  CLI::App* command =
      app.add_subcommand("list", "Networks: parameters, multiply-adds, resolution, unique steps");
  command->add_flag("--json", *as_json, "one JSON document");
  command->footer(
      "efficientnet_b* pad symmetrically (timm, torchvision), tf_efficientnet_* as TensorFlow does: their "
      "trained\n"
      "weights are not interchangeable.\n\nExample: effnetc list --json");
  commands.push_back({command, [as_json] { return run(*as_json); }});
}

}  // namespace effnet
