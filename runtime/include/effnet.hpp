// EffNet's runtime for C++20: owners, spans, errors as values.
// Header-only; needs neither exceptions nor libstdc++.
//
//   effnet::Model model;
//   if (effnet::Error error = model.open(efficientnet_b0_open, "efficientnet_b0.weights"))
//     return report(error.text());
//   error = model.prepare({rgb, width, height}, input);
//   error = model.run(input, logits);
//
// Every function of effnet.h can be called with get(). An Error is true when something went wrong.
#ifndef EFFNET_HPP
#define EFFNET_HPP

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "effnet.h"

namespace effnet {

// EFFNET_OK, or what went wrong.
class [[nodiscard]] Error {
 public:
  Error() = default;
  Error(effnet_status status, const char* text) : status_(status) {
    std::size_t i = 0;
    for (; text != nullptr && text[i] != '\0' && i + 1 < sizeof text_; ++i) text_[i] = text[i];
    text_[i] = '\0';
  }

  explicit operator bool() const { return status_ != EFFNET_OK; }
  effnet_status status() const { return status_; }
  // One line: what is wrong, where, and what would be right. Empty when nothing is.
  const char* text() const { return text_; }

 private:
  effnet_status status_ = EFFNET_OK;
  char text_[512] = "";
};

// RGB pixels, 8 bits a channel; a stride of 0 stands for 3 * width bytes.
struct Pixels {
  const std::uint8_t* rgb = nullptr;
  int width = 0, height = 0;
  std::size_t stride = 0;
};

// Empty spans are not wanted.
struct Outputs {
  std::span<float> logits = {};    // [n][classes]
  std::span<float> features = {};  // [n][features]
  std::span<float> last_map = {};  // [n][map_height][map_width][features]
};

// An open network. To be used by one thread at a time.
class Model {
 public:
  using OpenFile = effnet_status (*)(const char*, const effnet_options*, effnet_model**);
  using OpenMemory = effnet_status (*)(const void*, std::size_t, const effnet_options*, effnet_model**);
  using OpenEmbedded = effnet_status (*)(const effnet_options*, effnet_model**);

  Model() = default;
  Model(Model&& other) noexcept : model_(std::exchange(other.model_, nullptr)) {}
  Model& operator=(Model&& other) noexcept {
    std::swap(model_, other.model_);
    return *this;
  }
  Model(const Model&) = delete;
  Model& operator=(const Model&) = delete;
  ~Model() { effnet_close(model_); }

  // `function` is the generated <name>_open. On failure the model keeps what it had open.
  Error open(OpenFile function, const char* weights_path, const effnet_options& options = {}) {
    return open_with(options,
                     [&](const effnet_options* o, effnet_model** m) { return function(weights_path, o, m); });
  }
  // `function` is the generated <name>_open_memory; `weights`, 64 byte aligned, must outlive the model.
  Error open(OpenMemory function, std::span<const std::byte> weights, const effnet_options& options = {}) {
    return open_with(options, [&](const effnet_options* o, effnet_model** m) {
      return function(weights.data(), weights.size(), o, m);
    });
  }
  // `function` is the generated <name>_open_embedded of a library that has its weights inside.
  Error open(OpenEmbedded function, const effnet_options& options = {}) {
    return open_with(options, function);
  }
  void close() { effnet_close(std::exchange(model_, nullptr)); }

  explicit operator bool() const { return model_ != nullptr; }
  effnet_model* get() const { return model_; }
  const effnet_info& info() const { return *effnet_get_info(model_); }  // only of an open model

  std::size_t input_size() const { return 3 * size(info().resolution) * size(info().resolution); }
  std::size_t classes() const { return size(info().classes); }
  std::size_t features() const { return size(info().features); }
  std::size_t map_size() const { return size(info().map_height) * size(info().map_width) * features(); }

  Error prepare(const Pixels& pixels, std::span<float> input) const {
    if (model_ == nullptr || input.size() != input_size()) return wrong_size();
    std::size_t stride = pixels.stride != 0 ? pixels.stride : 3 * size(pixels.width);
    return result(effnet_prepare(model_, pixels.rgb, pixels.width, pixels.height, stride, input.data()));
  }
  Error run(std::span<const float> input, std::span<float> logits) {
    if (model_ == nullptr || input.size() != input_size() || logits.size() != classes()) return wrong_size();
    return result(effnet_run(model_, input.data(), logits.data()));
  }
  Error run(int count, std::span<const float> inputs, const Outputs& outputs) {
    if (model_ == nullptr || count < 0 || inputs.size() != size(count) * input_size() ||
        !fits(outputs.logits, count, classes()) || !fits(outputs.features, count, features()) ||
        !fits(outputs.last_map, count, map_size())) {
      return wrong_size();
    }
    effnet_outputs to = {outputs.logits.data(), outputs.features.data(), outputs.last_map.data()};
    return result(effnet_run_batch(model_, count, inputs.data(), &to));
  }
  // Null: back to the weights' own head.
  Error set_head(const char* head_path) { return result(effnet_set_head(model_, head_path)); }

  void start_profile() { effnet_profile_start(model_); }
  void stop_profile() { effnet_profile_stop(model_); }
  std::span<const effnet_step_profile> profile() const {
    return {effnet_get_profile(model_), size(info().steps)};
  }

 private:
  static std::size_t size(int count) { return count < 0 ? 0 : static_cast<std::size_t>(count); }
  static bool fits(std::span<float> output, int count, std::size_t each) {
    return output.empty() || output.size() == size(count) * each;
  }
  static Error wrong_size() {
    return {EFFNET_INVALID_ARGUMENT, "a span's size is wrong, or the model is not open"};
  }

  Error result(effnet_status status) const {
    return status == EFFNET_OK ? Error() : Error(status, effnet_error(model_));
  }
  template <typename Open>
  Error open_with(effnet_options options, Open open_function) {
    char text[512] = "";
    if (options.error == nullptr || options.error_bytes == 0) {
      options.error = text;
      options.error_bytes = sizeof text;
    }
    effnet_model* opened = nullptr;
    effnet_status status = open_function(&options, &opened);
    if (status != EFFNET_OK) return {status, options.error};
    effnet_close(std::exchange(model_, opened));
    return {};
  }

  effnet_model* model_ = nullptr;
};

// Logits to probabilities, in place.
inline void softmax(std::span<float> logits) {
  effnet_softmax(logits.data(), static_cast<int>(logits.size()), logits.data());
}

}  // namespace effnet

#endif
