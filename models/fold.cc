#include "models/fold.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "models/packing.h"

namespace effnet {
namespace {

using Values = std::vector<double>;
using Problems = std::vector<std::string>;

std::string at(const std::string& name, std::size_t index) {
  return "tensor " + name + " at element " + std::to_string(index);
}

Values read(const SourceTensors& tensors, const std::string& name, Problems& problems) {
  Result<Values> values = read_values(tensors.at(name), name);
  if (!values) {
    problems.push_back(values.message());
    return {};
  }
  for (std::size_t i = 0; i < values->size(); ++i) {
    if (std::isfinite((*values)[i])) continue;
    problems.push_back(at(name, i) + " is " + (std::isnan((*values)[i]) ? "NaN" : "infinite"));
    break;
  }
  return *std::move(values);
}

// scale / sqrt(variance + epsilon) of every channel.
//
// A variance of zero is sound where the mean is zero as well: the channel
// was zero for every picture of the training, as dozens of channels of the
// published Lite weights are. Elsewhere it is damage, as a negative one is.
Values factors(const Values& scale, const Values& mean, const Values& variance, double epsilon,
               const std::string& name, Problems& problems) {
  Values result(scale.size());
  for (std::size_t c = 0; c < scale.size(); ++c) {
    const bool silent = variance[c] == 0 && std::abs(mean[c]) <= 0.01 * std::sqrt(epsilon);
    if (!(variance[c] > 0) && !silent) {
      problems.push_back(at(name + ".running_var", c) + " is " + (variance[c] < 0 ? "negative" : "zero") +
                         ", a variance must be positive");
      return result;
    }
    result[c] = scale[c] / std::sqrt(variance[c] + epsilon);
  }
  return result;
}

// Values that float cannot hold, after folding.
void check_range(const Values& values, const std::string& name, Problems& problems) {
  constexpr double most = std::numeric_limits<float>::max();
  const auto found =
      std::find_if(values.begin(), values.end(), [](double v) { return !(std::abs(v) <= most); });
  if (found != values.end())
    problems.push_back(at(name, static_cast<std::size_t>(found - values.begin())) +
                       " is too large after folding BatchNorm");
}

std::vector<TensorBytes> fold_dense(const std::string& name, int inputs, const SourceTensors& tensors,
                                    const WeightStorage& storage, Problems& problems) {
  const Values weight = read(tensors, name + ".weight", problems);
  const Values bias = read(tensors, name + ".bias", problems);
  if (!problems.empty()) return {};
  check_range(weight, name + ".weight", problems);
  check_range(bias, name + ".bias", problems);
  return pack_layer(weight, bias, inputs, 1, storage);
}

std::vector<TensorBytes> fold_convolution(const Layer& layer, const LayerNames& names,
                                          const SourceTensors& tensors, double epsilon,
                                          const WeightStorage& storage, Problems& problems) {
  Values weight = read(tensors, names.first + ".weight", problems);
  const Values scale = read(tensors, names.second + ".weight", problems);
  const Values shift = read(tensors, names.second + ".bias", problems);
  const Values mean = read(tensors, names.second + ".running_mean", problems);
  const Values variance = read(tensors, names.second + ".running_var", problems);
  if (!problems.empty()) return {};
  const Values factor = factors(scale, mean, variance, epsilon, names.second, problems);
  if (!problems.empty()) return {};
  Values bias(shift.size());
  const std::size_t inner = weight.size() / bias.size();
  for (std::size_t c = 0; c < bias.size(); ++c) {
    bias[c] = shift[c] - mean[c] * factor[c];
    for (std::size_t i = 0; i < inner; ++i) weight[c * inner + i] *= factor[c];
  }
  check_range(weight, names.first + ".weight", problems);
  check_range(bias, names.second + ".bias", problems);
  const int inputs = layer.kind == LayerKind::depthwise ? 1 : layer.in.channels;
  return pack_layer(weight, bias, inputs, layer.kernel, storage);
}

}  // namespace

std::vector<TensorBytes> fold_layer(const Layer& layer, const LayerNames& names, const SourceTensors& tensors,
                                    double epsilon, const WeightStorage& storage, Problems& problems) {
  Problems found;
  std::vector<TensorBytes> packed;
  if (layer.kind == LayerKind::dense) {
    packed = fold_dense(names.first, layer.in.channels, tensors, storage, found);
  } else if (layer.kind == LayerKind::squeeze_excite) {
    packed = fold_dense(names.first, layer.in.channels, tensors, storage, found);
    for (TensorBytes& tensor : fold_dense(names.second, layer.squeezed, tensors, storage, found))
      packed.push_back(std::move(tensor));
  } else {
    packed = fold_convolution(layer, names, tensors, epsilon, storage, found);
  }
  problems.insert(problems.end(), found.begin(), found.end());
  return packed;
}

}  // namespace effnet
