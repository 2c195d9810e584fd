#include "models/keras.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <span>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "models/dialects/dialect.h"

namespace effnet {
namespace {

using Parts = std::vector<std::string>;
using Triple = std::optional<std::array<double, 3>>;

// "layers/conv2d/vars/0" -> its four parts.
Parts parts_of(const std::string& path) {
  Parts parts(1);
  for (const char letter : path) {
    if (letter == '/')
      parts.emplace_back();
    else
      parts.back() += letter;
  }
  return parts;
}

// "conv2d_7" -> "block2a_project_conv": Keras counts the layers of a class in the order of the data.
std::map<std::string, std::string> counted_layers(const Network& network) {
  std::map<std::string, int> counts;
  std::map<std::string, std::string> layers;
  const auto add = [&](const std::string& kind, const std::string& layer) {
    const int number = counts[kind]++;
    layers[number == 0 ? kind : kind + "_" + std::to_string(number)] = layer;
  };
  add("normalization", "normalization");
  for_each_part(network, [&](Part part, const Block* block, const Layer& layer) {
    const LayerNames names = keras.names(part, block);
    if (part == Part::classifier) return add("dense", names.first);
    add(layer.kind == LayerKind::depthwise ? "depthwise_conv2d" : "conv2d", names.first);
    add(part == Part::squeeze_excite ? "conv2d" : "batch_normalization", names.second);
  });
  return layers;
}

bool is_normalization(std::string_view layer) { return layer.starts_with("normalization"); }

// "moving_mean" for "moving_mean:0", and for the 2 of a BatchNorm.
std::string variable_name(const std::string& layer, const std::string& stored) {
  static constexpr std::string_view batch_norm[] = {"gamma", "beta", "moving_mean", "moving_variance"},
                                    normalization[] = {"mean", "variance"}, other[] = {"kernel", "bias"};
  if (stored.size() != 1 || stored[0] < '0' || stored[0] > '9') return stored.substr(0, stored.find(':'));
  std::span<const std::string_view> names = other;
  if (layer.ends_with("bn")) names = batch_norm;
  if (is_normalization(layer)) names = normalization;
  const auto number = static_cast<std::size_t>(stored[0] - '0');
  return number < names.size() ? std::string(names[number]) : stored;
}

// Keras -> the other dialects.
std::string tensor_name(const std::string& variable) {
  if (variable == "kernel" || variable == "depthwise_kernel" || variable == "gamma") return "weight";
  if (variable == "beta") return "bias";
  if (variable == "moving_mean") return "running_mean";
  if (variable == "moving_variance") return "running_var";
  return variable;
}

// A view with outputs first: kernels are [y][x][in][out] (depthwise [y][x][channel][1]), dense ones [in][out].
SourceTensor outputs_first(const SourceTensor& kernel, bool depthwise) {
  constexpr std::int64_t most = 1 << 20;  // so that no product overflows; other shapes are refused later
  const std::vector<std::int64_t>& shape = kernel.shape;
  const bool sound = std::all_of(shape.begin(), shape.end(),
                                 [](std::int64_t extent) { return extent >= 1 && extent <= most; });
  SourceTensor turned = kernel;
  if (!sound || !kernel.strides.empty()) return turned;
  if (shape.size() == 2) {
    turned.shape = {shape[1], shape[0]};
    turned.strides = {1, shape[1]};
  } else if (shape.size() == 4) {
    const std::int64_t inner = shape[2] * shape[3], row = shape[1] * inner;
    turned.shape = {shape[3], shape[2], shape[0], shape[1]};
    turned.strides = {1, shape[3], row, inner};
    if (depthwise) {
      std::swap(turned.shape[0], turned.shape[1]);
      std::swap(turned.strides[0], turned.strides[1]);
    }
  }
  return turned;
}

Triple three_numbers(const SourceTensor& tensor, const std::string& name) {
  const Result<std::vector<double>> values = read_values(tensor, name);
  if (!values || values->size() != 3) return {};
  return std::array{(*values)[0], (*values)[1], (*values)[2]};
}

// The published weights' variances are ImageNet's standard deviations: behind their normalisation the model divides
// once more by the root (https://github.com/tensorflow/tensorflow/issues/49930).
Triple deviation(const Triple& variance) {
  if (!variance) return {};
  constexpr std::array published = {.229, .224, .225};
  const bool is_published = std::equal(variance->begin(), variance->end(), published.begin(),
                                       [](double a, double b) { return std::abs(a - b) < 1e-3; });
  if (is_published) return published;
  return std::array{std::sqrt((*variance)[0]), std::sqrt((*variance)[1]), std::sqrt((*variance)[2])};
}

}  // namespace

bool is_keras(const SourceTensors& tensors) {
  return std::any_of(tensors.begin(), tensors.end(), [](const auto& item) {
    const std::string& name = item.first;
    return name.find("stem_conv/") != std::string::npos || name.find("top_conv/") != std::string::npos ||
           name.find("/vars/") != std::string::npos;
  });
}

Result<KerasWeights> read_keras(const Network& network, const SourceTensors& tensors,
                                const std::string& where) {
  const std::map<std::string, std::string> counted = counted_layers(network);
  KerasWeights result;
  Triple variance;
  for (const auto& [path, tensor] : tensors) {
    const Parts parts = parts_of(path);
    if (parts[0].starts_with("optimizer")) continue;
    std::string layer = parts.size() >= 2 ? parts[parts.size() - 2] : "";
    if (layer == "vars" && parts.size() >= 3) {
      const auto found = counted.find(parts[parts.size() - 3]);
      layer = found == counted.end() ? parts[parts.size() - 3] : found->second;
    }
    const std::string variable = variable_name(layer, parts.back());
    if (is_normalization(layer)) {
      if (variable == "mean") result.mean = three_numbers(tensor, path);
      if (variable == "variance") variance = three_numbers(tensor, path);
      continue;
    }
    const bool kernel = variable.ends_with("kernel");
    const std::string name = layer.empty() ? path : layer + "." + tensor_name(variable);
    if (!result.tensors.emplace(name, kernel ? outputs_first(tensor, layer.ends_with("dwconv")) : tensor)
             .second)
      return Status::error(where + ": has two variables for " + in_quotes(name) + ", one is " +
                           in_quotes(path));
  }
  result.std = deviation(variance);
  return result;
}

}  // namespace effnet
