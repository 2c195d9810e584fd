#include "tasks/tensor_statistics.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/text.h"

namespace effnet {
namespace {

struct Extremes {
  float lowest = std::numeric_limits<float>::infinity(), highest = -std::numeric_limits<float>::infinity();
  bool finite = true;
};

Extremes extremes_of(const TensorView& tensor) {
  Extremes found;
  for (std::size_t pixel = 0; pixel < tensor.pixels; ++pixel) {
    const float* values = tensor.values + pixel * tensor.stride;
    for (std::size_t c = 0; c < tensor.channels; ++c) {
      found.lowest = std::min(found.lowest, values[c]);
      found.highest = std::max(found.highest, values[c]);
      found.finite &= std::isfinite(values[c]);
    }
  }
  return found;
}

}  // namespace

std::vector<double> TensorStatistics::means() const {
  std::vector<double> result = sums;
  for (double& mean : result) mean /= static_cast<double>(std::max<std::int64_t>(pixels, 1));
  return result;
}

TensorStatistics& NetworkStatistics::find(const std::string& name, std::size_t channels) {
  const auto found = std::find_if(tensors_.begin(), tensors_.end(),
                                  [&](const TensorStatistics& t) { return t.name == name; });
  if (found != tensors_.end()) return *found;
  tensors_.push_back({name, {}, std::vector<double>(channels), 0});
  return tensors_.back();
}

Status NetworkStatistics::add(const TensorView& tensor) {
  if (tensor.pixels == 0 || tensor.channels == 0) return {};
  const Extremes extremes = extremes_of(tensor);
  if (!extremes.finite)
    return Status::error("the tensor " + in_quotes(tensor.name) +
                         " holds what is no number (NaN or infinite): the weights are damaged");
  TensorStatistics& statistics = find(tensor.name, tensor.channels);
  statistics.histogram.widen(extremes.lowest, extremes.highest);
  for (std::size_t pixel = 0; pixel < tensor.pixels; ++pixel) {
    const std::span values(tensor.values + pixel * tensor.stride, tensor.channels);
    statistics.histogram.count(values);
    for (std::size_t c = 0; c < tensor.channels; ++c) statistics.sums[c] += values[c];
  }
  statistics.pixels += static_cast<std::int64_t>(tensor.pixels);
  return {};
}

void NetworkStatistics::merge(const NetworkStatistics& other) {
  for (const TensorStatistics& theirs : other.tensors_) {
    TensorStatistics& ours = find(theirs.name, theirs.sums.size());
    ours.histogram.merge(theirs.histogram);
    for (std::size_t c = 0; c < ours.sums.size(); ++c) ours.sums[c] += theirs.sums[c];
    ours.pixels += theirs.pixels;
  }
}

}  // namespace effnet
