// effnet features: pictures -> a safetensors file of what the classifier sees.
#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/files.h"
#include "base/text.h"
#include "formats/safetensors_writer.h"
#include "tools/effnet/commands.h"
#include "tools/effnet/pictures.h"

namespace effnet {
namespace {

struct Options {
  ModelOptions model;
  PictureOptions pictures;
  std::string output;
};

Status write(const std::string& output, const effnet_info& info, const std::vector<std::string>& files,
             std::span<const float> features) {
  const auto rows = static_cast<std::int64_t>(files.size());
  const auto json = nlohmann::json(files).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  Result<SafetensorsWriter> file =
      SafetensorsWriter::create(output, {{"features", Dtype::f32, {rows, info.features}}},
                                {{"network", info.network}, {"files", json}});
  if (!file) return file.status();
  if (Status status = file->write(features); !status) return status;
  return file->commit();
}

Result<std::vector<float>> features_of(const DecodedPicture& decoded) {
  const Model& model = decoded.model;
  std::vector<float> input(model.input_floats());
  if (Status status = model.prepare(decoded.picture, input); !status) return status;
  std::vector<float> features(static_cast<std::size_t>(model.info().features));
  if (Status status = model.run(1, input.data(), {nullptr, features.data(), nullptr}); !status) return status;
  return features;
}

Status run(const Options& options) {
  if (Status status = check_writable(options.output); !status) return status;
  Result<PictureRun> pictures = PictureRun::start("effnet features", options.model, options.pictures);
  if (!pictures) return pictures.status();
  std::vector<std::string> files;
  std::vector<float> features;  // [picture][feature]
  Status status = pictures->for_each<std::vector<float>>(
      features_of, [&](const std::string& name, const std::vector<float>& row) {
        files.push_back(name);
        features.insert(features.end(), row.begin(), row.end());
        return Status();
      });
  if (!status) return status;  // all or nothing
  const effnet_info& info = pictures->model().info();
  if (Status written = write(options.output, info, files, features); !written) return written;
  std::printf("%s: %zu x %d features\n", options.output.c_str(), files.size(), info.features);
  return {};
}

}  // namespace

Command add_features(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("features", "Write the pictures' features to a safetensors file.");
  add_model_options(*command, options->model, "<name>.weights beside the library");
  add_picture_options(*command, options->pictures);
  command
      ->add_option("-o,--output", options->output,
                   "tensor \"features\" [pictures, features], metadata \"files\"")
      ->required()
      ->type_name("FILE");
  command->footer(
      "Example:\n  effnet features efficientnet_b0 --weights efficientnet_b0.weights -o cats.safetensors "
      "cats/");
  return {command, [options] { return run(*options); }};
}

}  // namespace effnet
