#include "tests/support/map_ranges.h"

#include <algorithm>
#include <cmath>

#include "models/packing.h"

namespace effnet::test {
namespace {

// 0 is one of the steps.
CalibratedTensor steps_of(double least, double most) {
  CalibratedTensor tensor;
  tensor.minimum = std::min(least, 0.0);
  tensor.maximum = std::max(most, 1e-6);
  const double scale = (tensor.maximum - tensor.minimum) / 255;
  tensor.scale = static_cast<float>(scale);
  tensor.zero_point = static_cast<int>(std::lround(-tensor.minimum / scale));
  return tensor;
}

Calibration empty_calibration(const Network& network, std::int64_t pictures) {
  return {network.name, fingerprint(network, Precision::fp32), pictures, "minmax", {}, {}};
}

}  // namespace

void MapRanges::see(const Network& network, const PlainWeights& weights, const Tensor3& input) {
  ++pictures_;
  reference_run(network, weights, input, [&](const std::string& name, const Tensor3& map) {
    const auto [least, most] = std::minmax_element(map.values.begin(), map.values.end());
    auto& range = ranges_.try_emplace(name, *least, *most).first->second;
    range = {std::min(range.first, *least), std::max(range.second, *most)};
  });
}

Calibration MapRanges::calibration(const Network& network) const {
  Calibration calibration = empty_calibration(network, pictures_);
  for (const auto& [name, range] : ranges_) calibration.tensors[name] = steps_of(range.first, range.second);
  return calibration;
}

Calibration made_up_calibration(const Network& network, double least, double most) {
  Calibration calibration = empty_calibration(network, 1);
  for (const std::string& name : calibrated_tensors(network))
    calibration.tensors[name] = steps_of(least, most);
  return calibration;
}

}  // namespace effnet::test
