#include "tools/effnet/model.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>

#include "base/text.h"

namespace effnet {
namespace {

namespace fs = std::filesystem;

// Calls one of the library's open functions with options made of the command line's.
template <typename Open>
Result<effnet_model*> open_model(const ModelLibrary& library, const ModelOptions& options, const Open& open) {
  char error[1024] = "";
  effnet_options wanted = {};
  wanted.threads = options.threads;
  wanted.target = options.target.empty() ? nullptr : options.target.c_str();
  wanted.error = error;
  wanted.error_bytes = sizeof error;
  wanted.copy_weights = options.copies_weights ? 1 : 0;
  wanted.spread_images = options.spreads_images ? 1 : 0;
  effnet_model* model = nullptr;
  const effnet_status status = open(&wanted, &model);
  if (status == EFFNET_OK) return model;
  return Status::error(error[0] != '\0' ? error : library.status_text(status));
}

Result<std::string> default_weights(const ModelLibrary& library) {
  const fs::path path = fs::path(library.path).parent_path() / (library.name + ".weights");
  std::error_code ignored;
  if (fs::exists(path, ignored)) return path.string();
  return Status::error("no weights: name them with --weights, or put them beside the library as " +
                       path.string() + "; effnetc import " + library.program->network + " FILE -o " +
                       path.string() + " makes them");
}

}  // namespace

void add_model_options(CLI::App& app, ModelOptions& options, const std::string& default_weights) {
  app.add_option("MODEL", options.model, "network's name, or path of a compiled lib<name>.so")
      ->required()
      ->type_name("");
  app.add_option("--weights", options.weights,
                 "weights that effnetc import made (default: " + default_weights + ")")
      ->type_name("FILE");
  app.add_option("--threads", options.threads, "threads that compute (default: 1)")
      ->type_name("N")
      ->check(CLI::Range(1, 1024));
  app.add_option("--target", options.target,
                 "one of the library's targets (default: the best that this CPU runs)")
      ->type_name("TARGET");
  app.add_option("--lib-dir", options.library_folder,
                 "where lib<name>.so is looked for first; then beside this program, then in $EFFNET_LIB_PATH")
      ->type_name("DIR");
}

Result<Model> Model::open(const ModelOptions& options) {
  const Result<std::string> path = find_library(options.model, options.library_folder);
  if (!path) return path.status();
  Result<ModelLibrary> library = load_library(*path);
  if (!library) return library.status();
  const Result<std::string> weights =
      options.weights.empty() ? default_weights(*library) : Result<std::string>(options.weights);
  if (!weights) return weights.status();

  const Result<effnet_model*> handle =
      open_model(*library, options, [&](const effnet_options* wanted, effnet_model** out) {
        return library->open(weights->c_str(), wanted, out);
      });
  if (!handle) return handle.status();
  Model model(*std::move(library), *handle);
  model.weights_path_ = *weights;
  if (!options.head.empty())
    if (Status head = model.set_head(options.head); !head) return head;
  return model;
}

Result<Model> Model::open(const ModelLibrary& library, std::span<const std::byte> weights,
                          const ModelOptions& options) {
  const Result<effnet_model*> handle =
      open_model(library, options, [&](const effnet_options* wanted, effnet_model** out) {
        return library.open_memory(weights.data(), weights.size(), wanted, out);
      });
  if (!handle) return handle.status();
  return Model(library, *handle);
}

std::vector<std::string> Model::labels() const {
  if (info().labels != nullptr) return {info().labels, info().labels + info().classes};
  std::vector<std::string> numbers;
  numbers.reserve(static_cast<std::size_t>(info().classes));
  for (int i = 0; i < info().classes; ++i) numbers.push_back(std::to_string(i));
  return numbers;
}

std::size_t Model::input_floats() const {
  const auto side = static_cast<std::size_t>(info().resolution);
  return side * side * 3;
}

Status Model::failure(effnet_status status) const {
  const std::string text = library_.error(model_.get());
  return Status::error(text.empty() ? library_.status_text(status) : text);
}

Status Model::set_head(const std::string& path) const {
  const effnet_status status = library_.set_head(model_.get(), path.c_str());
  return status == EFFNET_OK ? Status() : failure(status);
}

Status Model::prepare(const Picture& picture, std::span<float> input) const {
  const auto stride = static_cast<std::size_t>(picture.width) * 3;
  const effnet_status status =
      library_.prepare(model_.get(), picture.rgb.data(), picture.width, picture.height, stride, input.data());
  return status == EFFNET_OK ? Status() : failure(status);
}

Result<effnet_region> Model::region(const Picture& picture) const {
  effnet_region region = {};
  const effnet_status status = library_.get_region(model_.get(), picture.width, picture.height, &region);
  if (status != EFFNET_OK) return failure(status);
  return region;
}

Result<std::vector<float>> Model::class_weights(int class_index) const {
  std::vector<float> weights(static_cast<std::size_t>(info().features));
  const effnet_status status = library_.get_class(model_.get(), class_index, weights.data(), nullptr);
  if (status != EFFNET_OK) return failure(status);
  return weights;
}

Status Model::run(int count, const float* inputs, const effnet_outputs& outputs) const {
  const effnet_status status = library_.run_batch(model_.get(), count, inputs, &outputs);
  return status == EFFNET_OK ? Status() : failure(status);
}

Status Model::check_scores(std::span<const float> scores) const {
  if (std::all_of(scores.begin(), scores.end(), [](float score) { return std::isfinite(score); })) return {};
  return Status::error("the scores of " + std::string(info().name) +
                       " are no numbers (NaN): the weights are damaged");
}

Status Model::run_observed(const float* input, float* logits, const Observer& observer) const {
  if (library_.run_observed == nullptr)
    return Status::error(in_quotes(library_.path) +
                         " was compiled by an earlier version of effnetc: compile it again, with --observe");
  const auto show = [](void* user, const effnet_observed* observed) {
    (*static_cast<const Observer*>(user))(*observed);
  };
  auto* user = const_cast<Observer*>(&observer);
  const effnet_status status = library_.run_observed(model_.get(), input, logits, show, user);
  return status == EFFNET_OK ? Status() : failure(status);
}

}  // namespace effnet
