// An opened model: a compiled library with its weights. What all subcommands share.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/status.h"
#include "pictures/picture.h"
#include "tools/effnet/model_library.h"

namespace effnet {

struct ModelOptions {
  std::string model, library_folder, weights, head, target;  // empty: the default
  int threads = 1;
  bool copies_weights = false;  // into huge pages
  bool spreads_images = false;  // a batch's, over the threads
};

// MODEL, --weights, --threads, --target and --lib-dir.
void add_model_options(CLI::App& app, ModelOptions& options, const std::string& default_weights);

class Model {
 public:
  // Without options.weights: <name>.weights beside the library.
  static Result<Model> open(const ModelOptions& options);
  // Weights in memory, on 64 bytes, that outlive the model.
  static Result<Model> open(const ModelLibrary& library, std::span<const std::byte> weights,
                            const ModelOptions& options);

  const ModelLibrary& library() const { return library_; }
  const effnet_info& info() const { return *library_.get_info(model_.get()); }
  effnet_model* get() const { return model_.get(); }
  std::vector<std::string> labels() const;  // of all classes; their numbers where the weights carry none
  std::size_t input_floats() const;         // of one picture
  const std::string& weights_path() const { return weights_path_; }  // empty: weights in memory

  // A picture -> one input, as the weights say.
  Status prepare(const Picture& picture, std::span<float> input) const;
  // The part of a picture that the network sees, in the picture's pixels.
  Result<effnet_region> region(const Picture& picture) const;
  // The classifier's weights of one class, without the bias.
  Result<std::vector<float>> class_weights(int class_index) const;
  Status run(int count, const float* inputs, const effnet_outputs& outputs) const;
  Status check_scores(std::span<const float> scores) const;  // that all are finite
  // Shows every tensor between layers, which may be changed; only libraries compiled with --observe do.
  using Observer = std::function<void(const effnet_observed&)>;
  Status run_observed(const float* input, float* logits, const Observer& observer) const;

 private:
  using Handle = std::unique_ptr<effnet_model, decltype(&effnet_close)>;
  Model(ModelLibrary library, effnet_model* model)
      : library_(std::move(library)), model_(model, library_.close) {}
  Status failure(effnet_status status) const;  // the runtime's text
  Status set_head(const std::string& path) const;

  ModelLibrary library_;  // before the model: closed after it
  std::string weights_path_;
  Handle model_;
};

}  // namespace effnet
