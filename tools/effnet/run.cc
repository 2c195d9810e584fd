// effnet run: tensors in, tensors out, for scripts and tests.
// The files have channels first, the network has them last.
#include <climits>
#include <cstdio>
#include <cstring>

#include "base/files.h"
#include "base/text.h"
#include "formats/safetensors_writer.h"
#include "tools/effnet/commands.h"
#include "tools/effnet/model.h"

namespace effnet {
namespace {

struct Options {
  ModelOptions model;
  std::string input, output;
};

struct Inputs {
  int count = 0;
  std::vector<float> values;  // [n][y][x][channel]
};

// source [rows][columns] -> target [columns][rows]
void transpose(const float* source, std::size_t rows, std::size_t columns, float* target) {
  for (std::size_t row = 0; row < rows; row++)
    for (std::size_t column = 0; column < columns; column++)
      target[column * rows + row] = source[row * columns + column];
}

Status check(const Tensor* tensor, const Safetensors& file, int resolution, const std::string& where) {
  if (tensor == nullptr) {
    std::vector<std::string> names;
    for (const Tensor& other : file.tensors().first(std::min<std::size_t>(file.tensors().size(), 5)))
      names.push_back(in_quotes(other.name));
    return Status::error(where + ": no tensor 'input'" +
                         (names.empty() ? " (the file has none)" : ", only " + join(names, ", ")));
  }
  const std::span<const std::int64_t> shape(tensor->shape, static_cast<std::size_t>(tensor->rank));
  const bool right = tensor->dtype == Dtype::f32 && (shape.size() == 3 || shape.size() == 4) &&
                     shape[shape.size() - 3] == 3 && shape[shape.size() - 2] == resolution &&
                     shape[shape.size() - 1] == resolution &&
                     (shape.size() == 3 || (shape[0] >= 1 && shape[0] <= INT_MAX));
  if (right) return {};
  const std::string wanted = "3, " + std::to_string(resolution) + ", " + std::to_string(resolution) + "]";
  return Status::error(where + ": tensor 'input' is " + std::string(dtype_name(tensor->dtype)) + " " +
                       shape_text(shape) + ", expected F32 [" + wanted + " or [N, " + wanted);
}

Result<Inputs> read_inputs(const std::string& path, int resolution) {
  const Result<MappedFile> bytes = MappedFile::open(path);
  if (!bytes) return bytes.status();
  Safetensors file;
  char error[512] = "";
  if (!file.parse(bytes->bytes(), {}, error)) return Status::error(path + ": " + error);
  const Tensor* tensor = file.find("input");
  if (Status status = check(tensor, file, resolution, path); !status) return status;

  // Through a copy: a tensor of a foreign file may lie on any byte.
  std::vector<float> planes(tensor->bytes / sizeof(float));
  std::memcpy(planes.data(), tensor->data, tensor->bytes);
  Inputs inputs{tensor->rank == 4 ? static_cast<int>(tensor->shape[0]) : 1,
                std::vector<float>(planes.size())};
  const std::size_t pixels = static_cast<std::size_t>(resolution) * static_cast<std::size_t>(resolution);
  for (std::size_t first = 0; first < planes.size(); first += 3 * pixels)
    transpose(planes.data() + first, 3, pixels, inputs.values.data() + first);
  return inputs;
}

struct Outputs {
  std::vector<float> logits, features, last_map;  // [n][class], [n][feature], [n][feature][y][x]
};

Result<Outputs> compute(const Model& model, const Inputs& inputs) {
  const effnet_info& info = model.info();
  const auto classes = static_cast<std::size_t>(info.classes),
             features = static_cast<std::size_t>(info.features);
  const std::size_t pixels =
      static_cast<std::size_t>(info.map_height) * static_cast<std::size_t>(info.map_width);
  const auto count = static_cast<std::size_t>(inputs.count);
  Outputs outputs{std::vector<float>(count * classes), std::vector<float>(count * features),
                  std::vector<float>(count * features * pixels)};
  std::vector<float> last_maps(outputs.last_map.size());  // [n][y][x][feature]
  if (Status status = model.run(inputs.count, inputs.values.data(),
                                {outputs.logits.data(), outputs.features.data(), last_maps.data()});
      !status)
    return status;
  for (std::size_t first = 0; first < last_maps.size(); first += features * pixels)
    transpose(last_maps.data() + first, pixels, features, outputs.last_map.data() + first);
  return outputs;
}

Status write(const std::string& path, const effnet_info& info, std::int64_t count, const Outputs& outputs) {
  Result<SafetensorsWriter> file = SafetensorsWriter::create(
      path,
      {{"logits", Dtype::f32, {count, info.classes}},
       {"features", Dtype::f32, {count, info.features}},
       {"last_map", Dtype::f32, {count, info.features, info.map_height, info.map_width}}},
      {{"network", info.network}, {"target", info.target}});
  if (!file) return file.status();
  for (const std::vector<float>* tensor : {&outputs.logits, &outputs.features, &outputs.last_map})
    if (Status status = file->write(*tensor); !status) return status;
  return file->commit();
}

Status run(const Options& options) {
  const Result<Model> model = Model::open(options.model);
  if (!model) return model.status();
  const Result<Inputs> inputs = read_inputs(options.input, model->info().resolution);
  if (!inputs) return inputs.status();
  const Result<Outputs> outputs = compute(*model, *inputs);
  if (!outputs) return outputs.status();
  return write(options.output, model->info(), inputs->count, *outputs);
}

}  // namespace

Command add_run(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("run", "Run a network on tensors of a safetensors file.");
  add_model_options(*command, options->model, "<name>.weights beside the library");
  command->add_option("--head", options->model.head, "another classifier, trained for other classes")
      ->type_name("FILE");
  command
      ->add_option("--input", options->input,
                   "tensor \"input\", F32 [3, R, R] or [N, 3, R, R], already normalised")
      ->required()
      ->type_name("FILE");
  command
      ->add_option("--output", options->output,
                   "gets \"logits\" [N, classes], \"features\" [N, F] and \"last_map\" [N, F, H, W]")
      ->required()
      ->type_name("FILE");
  command->footer(
      "Example:\n  effnet run efficientnet_b0 --weights efficientnet_b0.weights --input in.safetensors "
      "--output out.safetensors");
  return {command, [options] { return run(*options); }};
}

}  // namespace effnet
