// effnetc: from a network's name and a CPU target to a static library, a header and a weights file.
#include "generators/target.h"
#include "models/network.h"
#include "pipeline/jobs.h"
#include "runtime/include/effnet.h"
#include "tools/completion.h"
#include "tools/effnetc/commands.h"

namespace {

effnet::CompletionWords completion_words() {
  effnet::CompletionWords words;
  for (const effnet::NetworkConfig& network : effnet::variants()) words["network"].push_back(network.name);
  for (const effnet::CpuTarget& target : effnet::cpu_targets()) words["target"].push_back(target.name);
  return words;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Compiles EfficientNets to libraries for a given CPU.", "effnetc");
  app.footer(
      "Example:\n"
      "  effnetc compile efficientnet_b0 -o out --target host --shared\n"
      "  effnetc import efficientnet_b0 model.safetensors -o out/efficientnet_b0.weights");
  app.set_version_flag("--version", EFFNET_VERSION);
  app.require_subcommand(1);

  effnet::Commands commands;
  effnet::add_list(app, commands);
  effnet::add_describe(app, commands);
  effnet::add_targets(app, commands);
  effnet::add_compile(app, commands);
  effnet::add_import(app, commands);
  effnet::add_tune(app, commands);
  effnet::add_scale(app, commands);
  commands.push_back(effnet::add_completion(app, completion_words()));

  // What `compile` runs as a child process for every kernel.
  CLI::App* kernel = app.add_subcommand("compile-kernel", "")->group("");
  std::vector<std::string> arguments;
  kernel->add_option("arguments", arguments)->required();
  commands.push_back({kernel, [&] { return effnet::compile_kernel_command(arguments); }});

  return effnet::run_program(app, commands, argc, argv);
}
