#include "tests/support/reference.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <stdexcept>
#include <thread>

namespace effnet::test {
namespace {

// Calls rows(first, last) on two threads, each with its half of [0, height).
void in_halves(int height, const std::function<void(int, int)>& rows) {
  std::thread second([&] { rows(height / 2, height); });
  rows(0, height / 2);
  second.join();
}

// [outputs][others] -> [others][outputs], so that the inner loops run over outputs.
Values outputs_innermost(const Values& weight, std::size_t outputs) {
  const std::size_t others = weight.size() / outputs;
  Values turned(weight.size());
  for (std::size_t o = 0; o < outputs; ++o)
    for (std::size_t i = 0; i < others; ++i) turned[i * outputs + o] = weight[o * others + i];
  return turned;
}

int output_size(int input, int before, int after, const Window& window) {
  return (input + before + after - window.kernel) / window.stride + 1;
}

Tensor3 output_of(const Tensor3& input, int channels, const Window& window) {
  return {output_size(input.height, window.border.top, window.border.bottom, window),
          output_size(input.width, window.border.left, window.border.right, window), channels};
}

void require(bool condition, const std::string& what) {
  if (!condition) throw std::runtime_error("reference: " + what);
}

// Calls tap(kernel y * kernel + kernel x, input pixel) for every tap of an output pixel that lies on the map.
template <typename Tap>
void for_each_tap(const Tensor3& input, const Window& window, int y, int x, const Tap& tap) {
  for (int ky = 0; ky < window.kernel; ++ky) {
    for (int kx = 0; kx < window.kernel; ++kx) {
      const int row = y * window.stride + ky - window.border.top;
      const int column = x * window.stride + kx - window.border.left;
      if (row < 0 || row >= input.height || column < 0 || column >= input.width) continue;
      tap(ky * window.kernel + kx, &input.values[(std::size_t(row) * input.width + column) * input.channels]);
    }
  }
}

// Every output pixel begins as the bias, sum(tap, input pixel, output pixel) adds to it.
template <typename Sum>
Tensor3 sum_over_taps(const Tensor3& input, const Values& bias, const Window& window, const Sum& sum) {
  Tensor3 output = output_of(input, static_cast<int>(bias.size()), window);
  in_halves(output.height, [&](int first, int last) {
    for (int y = first; y < last; ++y) {
      for (int x = 0; x < output.width; ++x) {
        double* sums = &output.at(y, x, 0);
        std::copy(bias.begin(), bias.end(), sums);
        for_each_tap(input, window, y, x, [&](int tap, const double* pixel) { sum(tap, pixel, sums); });
      }
    }
  });
  return output;
}

// One output pixel of a pointwise layer; `turned` is [inputs][outputs].
void pointwise_pixels(const double* input, int inputs, const double* turned, int outputs, int pixels,
                      double* output) {
  constexpr int tile = 64;  // outputs whose sums stay in the nearest cache
  for (int first = 0; first < outputs; first += tile) {
    const int count = std::min(tile, outputs - first);
    for (int i = 0; i < inputs; ++i) {
      const double* w = turned + std::size_t(i) * outputs + first;
      for (int p = 0; p < pixels; ++p) {
        const double x = input[std::size_t(p) * inputs + i];
        double* sums = output + std::size_t(p) * outputs + first;
        for (int o = 0; o < count; ++o) sums[o] += x * w[o];
      }
    }
  }
}

}  // namespace

Tensor3 convolution(const Tensor3& input, const Values& weight, const Values& bias, const Window& window) {
  const int outputs = static_cast<int>(bias.size()), area = window.kernel * window.kernel;
  require(weight.size() == bias.size() * input.channels * area, "convolution: weight has another size");
  const Values turned = outputs_innermost(weight, bias.size());  // [inputs][kernel y][kernel x][outputs]
  return sum_over_taps(input, bias, window, [&](int tap, const double* pixel, double* sums) {
    for (int i = 0; i < input.channels; ++i) {
      const double* w = &turned[(std::size_t(i) * area + tap) * outputs];
      for (int o = 0; o < outputs; ++o) sums[o] += pixel[i] * w[o];
    }
  });
}

Tensor3 pointwise(const Tensor3& input, const Values& weight, const Values& bias) {
  require(weight.size() == bias.size() * input.channels, "pointwise: weight has another size");
  const int outputs = static_cast<int>(bias.size());
  const Values turned = outputs_innermost(weight, bias.size());  // [inputs][outputs]
  Tensor3 output(input.height, input.width, outputs);
  constexpr int block = 4;  // pixels that share one pass over the weights
  const int pixels = input.height * input.width;
  in_halves((pixels + block - 1) / block, [&](int first, int last) {
    for (int p = first * block; p < std::min(last * block, pixels); p += block) {
      const int count = std::min(block, pixels - p);
      double* sums = &output.values[std::size_t(p) * outputs];
      for (int i = 0; i < count; ++i) std::copy(bias.begin(), bias.end(), sums + std::size_t(i) * outputs);
      const double* pixel = &input.values[std::size_t(p) * input.channels];
      pointwise_pixels(pixel, input.channels, turned.data(), outputs, count, sums);
    }
  });
  return output;
}

Tensor3 depthwise(const Tensor3& input, const Values& weight, const Values& bias, const Window& window) {
  const int channels = input.channels;
  require(
      bias.size() == std::size_t(channels) && weight.size() == bias.size() * window.kernel * window.kernel,
      "depthwise: weight or bias has another size");
  const Values turned = outputs_innermost(weight, bias.size());  // [kernel y][kernel x][channels]
  return sum_over_taps(input, bias, window, [&](int tap, const double* pixel, double* sums) {
    const double* w = &turned[std::size_t(tap) * channels];
    for (int c = 0; c < channels; ++c) sums[c] += pixel[c] * w[c];
  });
}

Values dense(const Values& input, const Values& weight, const Values& bias) {
  require(weight.size() == bias.size() * input.size(), "dense: weight has another size");
  Values output = bias;
  for (std::size_t o = 0; o < output.size(); ++o)
    for (std::size_t i = 0; i < input.size(); ++i) output[o] += weight[o * input.size() + i] * input[i];
  return output;
}

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }
double swish(double x) { return x * sigmoid(x); }
double relu6(double x) { return std::min(std::max(x, 0.0), 6.0); }

double activate(Activation activation, double x) {
  if (activation == Activation::swish) return swish(x);
  return activation == Activation::relu6 ? relu6(x) : x;
}

Values activate(Activation activation, Values values) {
  for (double& value : values) value = activate(activation, value);
  return values;
}

Tensor3 activate(Activation activation, Tensor3 map) {
  if (activation == Activation::none) return map;
  const std::size_t row = std::size_t(map.width) * map.channels;
  in_halves(map.height, [&](int first, int last) {
    for (std::size_t i = first * row; i < last * row; ++i)
      map.values[i] = activate(activation, map.values[i]);
  });
  return map;
}

Values average(const Tensor3& map) {
  Values means(map.channels);
  for (std::size_t i = 0; i < map.values.size(); ++i) means[i % map.channels] += map.values[i];
  for (double& mean : means) mean /= map.height * map.width;
  return means;
}

Values squeeze_excite_gates(const Values& means, const SqueezeExcite& weights) {
  const Values reduced =
      activate(Activation::swish, dense(means, weights.reduce_weight, weights.reduce_bias));
  Values gates = dense(reduced, weights.expand_weight, weights.expand_bias);
  for (double& gate : gates) gate = sigmoid(gate);
  return gates;
}

Tensor3 scale(Tensor3 map, const Values& gates) {
  require(gates.size() == std::size_t(map.channels), "scale: as many gates as channels");
  for (std::size_t i = 0; i < map.values.size(); ++i) map.values[i] *= gates[i % map.channels];
  return map;
}

Tensor3 add(Tensor3 map, const Tensor3& other) {
  require(map.values.size() == other.values.size(), "add: two maps of one size");
  for (std::size_t i = 0; i < map.values.size(); ++i) map.values[i] += other.values[i];
  return map;
}

}  // namespace effnet::test
