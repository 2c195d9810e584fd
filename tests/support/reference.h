// The operators of an EfficientNet, and whole networks, in double precision
// and as plain as they can be: what compiled code is compared with. Nothing
// here is shared with the compiler but the description of the network.
//
// Maps are NHWC (channels innermost) without a batch.
// Weights are in PyTorch's order, the last index contiguous:
//   convolution  [outputs][inputs][kernel y][kernel x]        depthwise  [channels][kernel y][kernel x]
//   pointwise and dense  [outputs][inputs]
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "models/network.h"

namespace effnet::test {

using Values = std::vector<double>;

struct Tensor3 {
  Tensor3() = default;
  Tensor3(int rows, int columns, int depth)
      : height(rows), width(columns), channels(depth), values(std::size_t(rows) * columns * depth) {}

  double& at(int y, int x, int c) { return values[(std::size_t(y) * width + x) * channels + c]; }
  double at(int y, int x, int c) const { return values[(std::size_t(y) * width + x) * channels + c]; }

  int height = 0, width = 0, channels = 0;
  Values values;
};

// A convolution's window; its border is what the layer's input is widened by with zeros.
struct Window {
  int kernel = 1, stride = 1;
  Border border{};
};

Tensor3 convolution(const Tensor3& input, const Values& weight, const Values& bias, const Window& window);
Tensor3 pointwise(const Tensor3& input, const Values& weight, const Values& bias);
Tensor3 depthwise(const Tensor3& input, const Values& weight, const Values& bias, const Window& window);
Values dense(const Values& input, const Values& weight, const Values& bias);

double swish(double x);
double sigmoid(double x);
double relu6(double x);
double activate(Activation activation, double x);
Values activate(Activation activation, Values values);
Tensor3 activate(Activation activation, Tensor3 map);

// The average over a map's rows and columns, one value a channel.
Values average(const Tensor3& map);
// One gate a channel: sigmoid(expand(swish(reduce(means)))).
struct SqueezeExcite {
  Values reduce_weight, reduce_bias;  // [squeezed][channels]
  Values expand_weight, expand_bias;  // [channels][squeezed]
};
Values squeeze_excite_gates(const Values& means, const SqueezeExcite& weights);
Tensor3 scale(Tensor3 map, const Values& gates);
Tensor3 add(Tensor3 map, const Tensor3& other);

// A whole network's weights with BatchNorm folded, by the names of models/packing.h, in the order above.
using PlainWeights = std::map<std::string, Values>;

struct ReferenceOutputs {
  Values logits, features;
  Tensor3 last_map;
};
// Sees every map of a run, by its name in a calibration (models/calibration.h).
using MapVisit = std::function<void(const std::string& name, const Tensor3& map)>;
// Throws std::runtime_error when a weight is missing or has another size than the layer wants.
ReferenceOutputs reference_run(
    const Network& network, const PlainWeights& weights, const Tensor3& input,
    const MapVisit& visit = [](const std::string&, const Tensor3&) {});

}  // namespace effnet::test
