// effnetc import: trained weights -> a .weights file.
#include "models/import.h"

#include <algorithm>
#include <memory>

#include "base/message.h"
#include "tools/effnetc/commands.h"

namespace effnet {
namespace {

struct Options {
  std::string network, weights, output, labels, interpolation, precision = "fp32", calibration;
  int classes = 0;
  std::vector<double> mean, std;
  double crop = 0, most_weight_error = 0;
};

std::optional<std::array<double, 3>> as_triple(const std::vector<double>& numbers) {
  if (numbers.size() != 3) return {};
  return std::array{numbers[0], numbers[1], numbers[2]};
}

Status run(const Options& options, const CLI::App& command) {
  const Result<NetworkConfig> config = find_network(options.network);
  if (!config) return config.status();
  ImportOptions overrides;
  const Result<Precision> precision = find_precision(options.precision);
  if (!precision) return precision.status();
  overrides.precision = *precision;
  if (command.count("--calibration")) overrides.calibration = options.calibration;
  if (command.count("--max-weight-error")) overrides.most_weight_error = options.most_weight_error;
  if (command.count("--classes")) overrides.classes = options.classes;
  if (command.count("--crop")) overrides.crop = options.crop;
  overrides.mean = as_triple(options.mean);
  overrides.std = as_triple(options.std);
  if (!options.interpolation.empty())
    overrides.interpolation =
        options.interpolation == "bicubic" ? Interpolation::bicubic : Interpolation::bilinear;
  if (!options.labels.empty()) {
    Result<std::vector<std::string>> labels = read_labels(options.labels);
    if (!labels) return labels.status();
    overrides.labels = *std::move(labels);
  }
  overrides.warn = [](const std::string& text) { print_warning("effnetc import", text); };
  return import_weights(*config, options.weights, overrides, options.output);
}

}  // namespace

void add_import(CLI::App& app, Commands& commands) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("import", "Turn trained weights into a .weights file");
  command->add_option("network", options->network, "a name of effnetc list, or a network file (.json)")
      ->required()
      ->type_name("NETWORK");
  command
      ->add_option("weights", options->weights,
                   "safetensors, torch (.pth) or Keras file (.h5) with the names of timm, torchvision, "
                   "lukemelas or Keras")
      ->required()
      ->type_name("WEIGHTS");
  command->add_option("-o,--output", options->output, "the .weights file")->required()->type_name("FILE");
  command->add_option("--classes", options->classes, "classes of the weights' classifier")->type_name("N");
  command->add_option("--mean", options->mean, "three numbers, of pixels in 0..1 (AdvProp: .5,.5,.5)")
      ->delimiter(',')
      ->expected(3)
      ->type_name("R,G,B");
  command->add_option("--std", options->std, "three numbers, of pixels in 0..1 (AdvProp: .5,.5,.5)")
      ->delimiter(',')
      ->expected(3)
      ->type_name("R,G,B");
  command->add_option("--crop", options->crop, "resolution / resized shorter side")->type_name("FRACTION");
  command->add_option("--interpolation", options->interpolation)
      ->check(CLI::IsMember({"bicubic", "bilinear"}));
  command->add_option("--labels", options->labels, "names of the classes, one a line")->type_name("FILE");
  add_precision_option(*command, options->precision);
  command
      ->add_option("--calibration", options->calibration,
                   "of --precision int8: what the steps of its maps stand for, written by effnet calibrate")
      ->type_name("FILE");
  command
      ->add_option("--max-weight-error", options->most_weight_error,
                   "root mean square that rounding may change a layer's weights by, to their own (default: "
                   "bf16 0.003, int8-weights and int8 0.03)")
      ->type_name("X")
      ->check(CLI::Range(0.0, 1.0));
  command->footer(
      "Dialect, BatchNorm epsilon and preprocessing follow from the network, the names and a config.json "
      "beside\n"
      "the weights; options override them.\n\n"
      "Example: effnetc import tf_efficientnet_lite0 efficientnet-lite0.pth -o "
      "tf_efficientnet_lite0.weights");
  commands.push_back({command, [options, command] { return run(*options, *command); }});
}

}  // namespace effnet
