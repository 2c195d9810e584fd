#include "tests/generators/step_checks.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <utility>

#include "formats/bf16.h"
#include "generators/pointwise/schedule.h"
#include "schedules/types.h"
#include "tests/catch.h"
#include "tests/support/reference.h"

namespace effnet::test {
namespace {

// What storing a value may make of it: off by a part of its size or by half a step, and inside of what has steps.
struct Rounding {
  double relative = 0, absolute = 0, least = -1e300, most = 1e300;
};

// Of what a step stores in a buffer.
Rounding rounding_of(const Run& r, const std::string& name) {
  const Buffer& b = r.buffer(name);
  if (b.element == Element::f32) return {};
  if (b.element == Element::bf16) return {0x1.01p-8};
  const double step = r.scale(b.affine), zero = r.zero_point(b.affine);
  return {0, 0.5001 * step, -zero * step, (255 - zero) * step};
}

double largest(const Values& values) {
  double most = 0;
  for (const double v : values) most = std::max(most, std::abs(v));
  return most;
}

// eps * K * max|a| * max|b| * 4, and what an activation may add: 6e-7, relative above 1 (reference/step.cc).
double tolerance(double length, double a, double b, double result) {
  return 1.1920929e-7 * 4 * length * a * b + 6e-7 * std::max(1.0, result);
}

void compare(const std::string& what, const Values& got, const Values& wanted, double length, double a,
             double b, const Rounding& rounding = {}) {
  REQUIRE(got.size() == wanted.size());
  double worst = 0;
  for (std::size_t i = 0; i < got.size(); ++i) {
    REQUIRE((std::isfinite(got[i]) && std::isfinite(wanted[i])));
    const double value = std::clamp(wanted[i], rounding.least, rounding.most);
    worst =
        std::max(worst, std::abs(got[i] - value) - rounding.relative * std::abs(value) - rounding.absolute);
  }
  INFO(what);
  CHECK(worst <= tolerance(length, a, b, largest(wanted)) * (1 + rounding.relative));
}

// Of a pointwise layer, without what import took off for the zero point of its input.
Values bias_of(const Run& r, const std::string& layer, const std::string& input_affine) {
  Values bias = r.weight(layer + ".bias");
  const Values& factors = r.weight(layer + ".weight");
  if (r.file.at(layer + ".weight").shape.back() != 4) return bias;  // its input has no zero point
  for (std::size_t i = 0; i < factors.size(); ++i)
    bias[i / (factors.size() / bias.size())] +=
        factors[i] * r.scale(input_affine) * r.zero_point(input_affine);
  return bias;
}

const std::string gated_affine = "blocks.0.squeeze_excite.affine";

// Of the projection.
MatrixTypes types(const Run& r) { return types_of(r.kernel("project").problem); }

// A value of the depthwise map times its gate as integers make it: `error`, of the gate as a fraction of 16 bits.
double gated_steps(const Run& r, double value, double gate, double error = 0) {
  const double from = r.scale("blocks.0.depthwise.affine"), to = r.scale(gated_affine);
  const float ratio = static_cast<float>(from) * (1.0f / static_cast<float>(to));
  const int bits = std::clamp(static_cast<int>(std::ceil(std::log2(ratio))), 0, most_gate_bits);
  const double factor =
      std::min(std::floor(gate * ratio * std::ldexp(1.0, 15 - bits) + 0.5 + error), 32767.0);
  const double product = std::nearbyint(value / from) * std::ldexp(factor, bits - 15);
  const double zero = r.zero_point(gated_affine);
  return std::clamp(std::floor(product + 0.5) + zero, 0.0, 255.0) - zero;
}

// A factor with the gate in it is stored in the type of maps.
double gated(const Run& r, double value, double gate) {
  if (types(r).affine()) return gated_steps(r, value, gate) * r.scale(gated_affine);
  const double product = value * gate;
  return types(r).maps == Element::f32 ? product : from_bf16(to_bf16(static_cast<float>(product)));
}

// How many of a pixel's gated values float32 may round to another step.
int undecided(const Run& r, const Tensor3& wide, const Values& gates) {
  if (!types(r).affine() || gates.empty()) return 0;
  int most = 0;
  for (std::size_t pixel = 0; pixel < wide.values.size(); pixel += gates.size()) {
    int count = 0;
    for (std::size_t k = 0; k < gates.size(); ++k) {
      const auto steps = [&](double error) {
        return gated_steps(r, wide.values[pixel + k], gates[k], error);
      };
      count += steps(-0.01) != steps(0.01);
    }
    most = std::max(most, count);
  }
  return most;
}

// Each gives the step's map as the kernels made it: the input of the next.

Tensor3 check_stem(const Network& n, const Run& r) {
  Tensor3 input(n.resolution, n.resolution, 3);
  std::copy(r.input.begin(), r.input.end(), input.values.begin());
  Tensor3 stem = r.map("stem", n.stem.out);
  const Tensor3 wanted =
      activate(n.stem.activation,
               convolution(input, r.weight("stem.weight"), r.weight("stem.bias"), {3, 2, n.stem.border}));
  compare("stem", stem.values, wanted.values, 27, largest(input.values), largest(r.weight("stem.weight")),
          rounding_of(r, "stem"));
  return stem;
}

Tensor3 check_depthwise(const Network& n, const Run& r, const Tensor3& stem) {
  const Block& block = n.blocks[0];
  const Layer& dw = block.depthwise;
  Tensor3 expanded = stem;
  double expand_error = 0;
  if (block.has_expand) {
    const Values& weight = r.weight("blocks.0.expand.weight");
    expanded = activate(block.expand.activation,
                        pointwise(stem, weight, bias_of(r, "blocks.0.expand", "stem.affine")));
    expand_error = tolerance(stem.channels, largest(stem.values), largest(weight), largest(expanded.values));
  }
  Tensor3 wide = r.map("blocks.0.depthwise", dw.out);
  const Values& weight = r.weight("blocks.0.depthwise.weight");
  const Tensor3 wanted = activate(
      dw.activation,
      depthwise(expanded, weight, r.weight("blocks.0.depthwise.bias"), {dw.kernel, dw.stride, dw.border}));
  // The expansion's error goes through the depthwise sum.
  const double through = expand_error / 1.1920929e-7 / 4 / std::max(1e-9, largest(expanded.values));
  compare("depthwise", wide.values, wanted.values, dw.kernel * dw.kernel * (1 + through),
          largest(expanded.values), largest(weight), rounding_of(r, "blocks.0.depthwise"));
  return wide;
}

// The gates.
Values check_squeeze_excite(const Run& r, const Tensor3& wide) {
  const std::string name = "blocks.0.squeeze_excite";
  const Values wanted = squeeze_excite_gates(
      average(wide), {r.weight(name + ".reduce.weight"), r.weight(name + ".reduce.bias"),
                      r.weight(name + ".expand.weight"), r.weight(name + ".expand.bias")});
  Tensor3 gate = r.map("blocks.0.gate", {1, 1, wide.channels});
  compare("squeeze_excite", gate.values, wanted, wide.channels, largest(wide.values),
          largest(r.weight(name + ".reduce.weight")));
  return std::move(gate.values);
}

// `gates`: may be empty.
Tensor3 check_project(const Network& n, const Run& r, Tensor3 wide, const Values& gates,
                      const Tensor3& stem) {
  const Block& block = n.blocks[0];
  Values weight = r.weight("blocks.0.project.weight");
  const double flips = undecided(r, wide, gates) * largest(weight);
  const auto gate = static_cast<Gate>(r.kernel("project").problem.at("gated"));
  Values& factors = gate == Gate::input ? wide.values : weight;
  for (std::size_t i = 0; i < factors.size() && !gates.empty(); ++i)
    factors[i] = gated(r, factors[i], gates[i % gates.size()]);
  Tensor3 wanted =
      pointwise(wide, weight,
                bias_of(r, "blocks.0.project", gates.empty() ? "blocks.0.depthwise.affine" : gated_affine));
  if (block.residual) wanted = add(wanted, stem);
  Tensor3 narrow = r.map("blocks.0.project", block.project.out);
  Rounding rounding = rounding_of(r, "blocks.0.project");
  if (flips > 0) rounding.absolute += flips * r.scale(gated_affine);
  compare("project", narrow.values, wanted.values, wide.channels, largest(wide.values), largest(weight),
          rounding);
  return narrow;
}

// The head with the average that it makes, and the classifier.
void check_head(const Network& n, const Run& r, const Tensor3& narrow) {
  const Values& weight = r.weight("head.weight");
  const Tensor3 last = r.map("head", n.head.out);
  const Tensor3 wanted =
      activate(n.head.activation, pointwise(narrow, weight, bias_of(r, "head", "blocks.0.project.affine")));
  compare("head", last.values, wanted.values, narrow.channels, largest(narrow.values), largest(weight));
  const Tensor3 features = r.map("features", {1, 1, last.channels});
  compare("average", features.values, average(last), last.height * last.width, largest(last.values), 1);

  const Values& classes = r.weight("classifier.weight");
  compare("classifier", Values(r.logits.begin(), r.logits.end()),
          dense(features.values, classes, r.weight("classifier.bias")), last.channels,
          largest(features.values), largest(classes));
}

}  // namespace

void check_steps(const Network& n, const Run& r) {
  const Tensor3 stem = check_stem(n, r);
  const Tensor3 wide = check_depthwise(n, r, stem);
  const Values gates = n.blocks[0].has_squeeze_excite ? check_squeeze_excite(r, wide) : Values();
  check_head(n, r, check_project(n, r, wide, gates, stem));
}

}  // namespace effnet::test
