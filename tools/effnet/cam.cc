// effnet cam: why a network names a class, as heat maps over pictures.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/files.h"
#include "base/text.h"
#include "formats/safetensors_writer.h"
#include "pictures/png_writer.h"
#include "tasks/cam_picture.h"
#include "tasks/label_match.h"
#include "tools/effnet/commands.h"
#include "tools/effnet/pictures.h"

namespace effnet {
namespace {

namespace fs = std::filesystem;

struct Options {
  ModelOptions model;  // with --grid lists, separated by commas
  PictureOptions pictures;
  std::string wanted_class, output, raw;
  bool grid = false, json = false;
};

// One picture seen by one network.
struct Seen {
  int class_index = 0;
  std::optional<std::string> label;  // none: the weights carry no labels
  Explanation explanation;
  Picture picture;
};

struct Network {
  std::string name;
  std::vector<std::string> files;
  std::vector<Seen> seen;  // one a file
};

// A label or a number; -1: the most probable class.
Result<int> find_class(const std::string& text, const Model& model) {
  if (text.empty()) return -1;
  const Result<int> found = match_label(text, model.labels());
  return found ? found : Status::error("--class: " + found.message());
}

Result<Seen> explain(const DecodedPicture& decoded, int wanted_class) {
  const Model& model = decoded.model;
  const effnet_info& info = model.info();
  std::vector<float> input(model.input_floats()), logits(static_cast<std::size_t>(info.classes)),
      last_map(static_cast<std::size_t>(info.map_height) * static_cast<std::size_t>(info.map_width) *
               static_cast<std::size_t>(info.features));
  if (Status status = model.prepare(decoded.picture, input); !status) return status;
  if (Status status = model.run(1, input.data(), {logits.data(), nullptr, last_map.data()}); !status)
    return status;
  Seen seen;
  const auto best = std::max_element(logits.begin(), logits.end()) - logits.begin();
  seen.class_index = wanted_class >= 0 ? wanted_class : static_cast<int>(best);
  model.library().softmax(logits.data(), info.classes, logits.data());
  const Result<std::vector<float>> weights = model.class_weights(seen.class_index);
  if (!weights) return weights.status();
  const Result<effnet_region> region = model.region(decoded.picture);
  if (!region) return region.status();

  Explanation& explanation = seen.explanation;
  if (info.labels != nullptr) seen.label = info.labels[seen.class_index];
  explanation.label = seen.label.value_or("class " + std::to_string(seen.class_index));
  explanation.probability = static_cast<double>(logits[static_cast<std::size_t>(seen.class_index)]);
  explanation.map = class_activation(last_map, info.map_height, info.map_width, *weights);
  if (!std::isfinite(explanation.probability) || !explanation.map.finite())
    return Status::error("the network's map holds no numbers (NaN): the weights are damaged");
  const double width = decoded.picture.width, height = decoded.picture.height;
  explanation.region = {region->left / width, region->top / height, region->width / width,
                        region->height / height};
  return seen;
}

// All pictures through one network; every one must be readable.
Result<Network> look(const Options& options, const ModelOptions& model, const PictureFiles& pictures) {
  Result<PictureRun> run = PictureRun::start("effnet cam", model, pictures, options.pictures.jobs);
  if (!run) return run.status();
  const Result<int> wanted_class = find_class(options.wanted_class, run->model());
  if (!wanted_class) return wanted_class.status();
  Network network{run->model().info().name, {}, {}};
  Status status = run->for_each<Seen>(
      [&](const DecodedPicture& decoded) {
        Result<Seen> seen = explain(decoded, *wanted_class);
        if (seen) seen->picture = options.grid ? for_grid(decoded.picture) : decoded.picture;
        return seen;
      },
      [&](const std::string& name, Seen seen) {
        network.files.push_back(name);
        network.seen.push_back(std::move(seen));
        return Status();
      });
  if (!status) return status;
  return network;
}

Result<AtomicFile> prepare_raw(const std::string& path, const Network& network) {
  const Seen& seen = network.seen.front();
  const ActivationMap& map = seen.explanation.map;
  const MapRegion& region = seen.explanation.region;
  const nlohmann::json shares = {region.left, region.top, region.width, region.height};
  Metadata metadata = {{"network", network.name},
                       {"file", network.files.front()},
                       {"class", std::to_string(seen.class_index)},
                       {"probability", nlohmann::json(seen.explanation.probability).dump()},
                       {"region", shares.dump()}};
  if (seen.label) metadata.emplace_back("label", *seen.label);
  Result<SafetensorsWriter> file =
      SafetensorsWriter::create(path, {{"map", Dtype::f32, {map.height, map.width}}}, metadata);
  if (!file) return file.status();
  if (Status status = file->write(map.values); !status) return status;
  return std::move(*file).finish();
}

Result<Picture> draw(const Options& options, std::vector<Network>& networks) {
  Network& first = networks.front();
  if (!options.grid)
    return draw_explanation(first.seen.front().picture, first.seen.front().explanation,
                            first.name + ", " + fs::path(first.files.front()).filename().string());
  ExplanationGrid grid;
  for (const Network& network : networks) grid.columns.push_back(network.name);
  for (std::size_t i = 0; i < first.files.size(); i++) {
    grid.rows.push_back({fs::path(first.files[i]).filename().string(), std::move(first.seen[i].picture), {}});
    for (const Network& network : networks) grid.rows.back().cells.push_back(network.seen[i].explanation);
  }
  return draw_grid(grid);
}

Result<AtomicFile> prepare_picture(const Options& options, std::vector<Network>& networks) {
  const Result<Picture> picture = draw(options, networks);
  if (!picture) return picture.status();
  const Result<std::string> file = encode_png(*picture);
  return file ? prepare_file(options.output, *file) : file.status();
}

// All that was asked for, or nothing.
Status write(const Options& options, std::vector<Network>& networks) {
  std::vector<AtomicFile> files;
  if (!options.raw.empty()) {
    Result<AtomicFile> raw = prepare_raw(options.raw, networks.front());
    if (!raw) return raw.status();
    files.push_back(*std::move(raw));
  }
  if (!options.output.empty()) {
    Result<AtomicFile> picture = prepare_picture(options, networks);
    if (!picture) return picture.status();
    files.push_back(*std::move(picture));
  }
  return commit_together(std::move(files));
}

void report(const Options& options, const std::vector<Network>& networks) {
  auto json = nlohmann::ordered_json::array();
  for (std::size_t i = 0; i < networks.front().files.size(); i++)
    for (const Network& network : networks) {
      const Seen& seen = network.seen[i];
      const Explanation& explanation = seen.explanation;
      const double low = static_cast<double>(explanation.map.smallest()),
                   high = static_cast<double>(explanation.map.largest());
      if (options.json)
        json.push_back({{"file", network.files[i]},
                        {"network", network.name},
                        {"class", seen.class_index},
                        {"label", seen.label ? nlohmann::ordered_json(*seen.label) : nullptr},
                        {"probability", explanation.probability},
                        {"smallest", low},
                        {"largest", high}});
      else
        std::printf("%s  %s  %.2f %%  %s  map from %.2f to %.2f\n", network.files[i].c_str(),
                    network.name.c_str(), 100 * explanation.probability, explanation.label.c_str(), low,
                    high);
    }
  if (options.json)
    std::printf("%s\n", json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
}

std::vector<std::string> split(const std::string& list) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin <= list.size();) {
    const std::size_t end = std::min(list.find(',', begin), list.size());
    parts.push_back(list.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

// One network, or with --grid as many as MODEL lists.
Result<std::vector<ModelOptions>> model_list(const Options& options) {
  if (!options.grid) return std::vector<ModelOptions>{options.model};
  std::vector<ModelOptions> models;
  const std::vector<std::string> names = split(options.model.model), weights = split(options.model.weights),
                                 heads = split(options.model.head);
  for (const auto& [list, option] : {std::pair(&weights, "--weights"), std::pair(&heads, "--head")})
    if (list->size() != names.size() && !(list->size() == 1 && list->front().empty()))
      return Status::error(std::string(option) + ": " + std::to_string(list->size()) + " files for " +
                           std::to_string(names.size()) +
                           " networks: one each, separated by commas, or none");
  for (std::size_t i = 0; i < names.size(); i++) {
    models.push_back(options.model);
    models.back().model = names[i];
    models.back().weights = weights.size() == names.size() ? weights[i] : "";
    models.back().head = heads.size() == names.size() ? heads[i] : "";
  }
  return models;
}

Status run(const Options& options) {
  if (options.output.empty() && options.raw.empty())
    return Status::error("name what to write: -o PICTURE.png, --raw MAP.safetensors or both");
  if (options.output == options.raw)
    return Status::error("--output and --raw name the same file, " + in_quotes(options.raw));
  for (const std::string& output : {options.output, options.raw})
    if (Status status = output.empty() ? Status() : check_writable(output); !status) return status;
  const Result<std::vector<ModelOptions>> models = model_list(options);
  if (!models) return models.status();
  const PictureFiles pictures = find_pictures(options.pictures.arguments);
  if (!options.grid && pictures.files.size() > 1)
    return Status::error(std::to_string(pictures.files.size()) +
                         " pictures: name one, or put them side by side with --grid");
  std::vector<Network> networks;
  for (const ModelOptions& model : *models) {
    Result<Network> network = look(options, model, pictures);
    if (!network) return network.status();
    networks.push_back(*std::move(network));
  }
  if (Status status = write(options, networks); !status) return status;
  report(options, networks);
  return {};
}

}  // namespace

Command add_cam(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("cam", "Show where a network sees a class: a heat map over the picture.");
  add_model_options(*command, options->model, "<name>.weights beside the library");
  add_picture_options(*command, options->pictures);
  command->add_option("--head", options->model.head, "another classifier, trained for other classes")
      ->type_name("FILE");
  command
      ->add_option("--class", options->wanted_class,
                   "a class' label or number (default: the most probable one)")
      ->type_name("CLASS");
  command->add_option("-o,--output", options->output, "the picture with its map, a PNG file")
      ->type_name("FILE");
  CLI::Option* raw =
      command->add_option("--raw", options->raw, "the map's numbers, a safetensors file: \"map\" [H, W]")
          ->type_name("FILE");
  command
      ->add_flag(
          "--grid", options->grid,
          "several pictures and networks side by side: MODEL, --weights and --head take lists with commas")
      ->excludes(raw);
  command->add_flag("--json", options->json, "print one JSON document");
  command->footer(
      "Example:\n  effnet cam tf_efficientnet_lite0 --weights tf_efficientnet_lite0.weights -o why.png "
      "coffee.png\n"
      "  effnet cam tf_efficientnet_lite0,tf_efficientnet_lite2 --grid -o grid.png samples/");
  return {command, [options] { return run(*options); }};
}

}  // namespace effnet
