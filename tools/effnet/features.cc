// effnet features: pictures -> a safetensors file of what the classifier sees.
#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "formats/safetensors_writer.h"
#include "tools/effnet/commands.h"
#include "tools/effnet/model.h"

namespace effnet {
namespace {

struct Options {
  ModelOptions model;
  std::vector<std::string> pictures;
  std::string output;
};

Status write(const Options& options, const Model& model, std::span<const float> features) {
  const auto rows = static_cast<std::int64_t>(options.pictures.size());
  const auto json =
      nlohmann::json(options.pictures).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  Result<SafetensorsWriter> file =
      SafetensorsWriter::create(options.output, {{"features", Dtype::f32, {rows, model.info().features}}},
                                {{"network", model.info().network}, {"files", json}});
  if (!file) return file.status();
  if (Status status = file->write(features); !status) return status;
  return file->commit();
}

Status run(const Options& options) {
  const Result<Model> model = Model::open(options.model);
  if (!model) return model.status();
  Failures failures("effnet features");
  std::vector<float> input(model->input_floats());
  const auto width = static_cast<std::size_t>(model->info().features);
  std::vector<float> features(options.pictures.size() * width);  // [picture][feature]
  for (std::size_t i = 0; i < options.pictures.size(); i++) {
    Status status = model->prepare(options.pictures[i], input);
    if (status.ok()) status = model->run(1, input.data(), {nullptr, features.data() + i * width, nullptr});
    if (!status.ok()) failures.add(status);
  }
  if (!failures.last()) return failures.last();  // all or nothing
  if (Status status = write(options, *model, features); !status) return status;
  std::printf("%s: %zu x %zu features\n", options.output.c_str(), options.pictures.size(), width);
  return {};
}

}  // namespace

Command add_features(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("features", "Write the pictures' features to a safetensors file.");
  add_model_options(*command, options->model, "<name>.weights beside the library");
  command->add_option("PICTURE", options->pictures, "PNG files")->required()->type_name("");
  command
      ->add_option("-o,--output", options->output,
                   "tensor \"features\" [pictures, features], metadata \"files\"")
      ->required()
      ->type_name("FILE");
  command->footer(
      "Example:\n  effnet features efficientnet_b0 --weights efficientnet_b0.weights -o cats.safetensors "
      "cats/*.png");
  return {command, [options] { return run(*options); }};
}

}  // namespace effnet
