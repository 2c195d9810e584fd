#include "reference/step.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "models/packing.h"
#include "schedules/types.h"

namespace effnet {

namespace {

constexpr double epsilon = std::numeric_limits<float>::epsilon();

double sigmoid(double v) { return 1 / (1 + std::exp(-v)); }

double activate(int activation, double v) {
  switch (static_cast<Activation>(activation)) {
    case Activation::swish:
      return v * sigmoid(v);
    case Activation::relu6:
      return std::clamp(v, 0.0, 6.0);
    case Activation::none:
      break;
  }
  return v;
}

// A sum of products of a and b, and what float32 may be off: 4 epsilon * length * max|a| * max|b|.
class Sum {
 public:
  explicit Sum(double begin) : begin_(begin), value_(begin) {}
  void add(const Expected& a, double b) {
    value_ += a.value * b;
    carried_ += a.tolerance * std::abs(b);
    largest_a_ = std::max(largest_a_, std::abs(a.value));
    largest_b_ = std::max(largest_b_, std::abs(b));
    ++length_;
  }
  void add(double a, double b) { add(Expected{a, 0}, b); }
  Expected result() const {
    return {value_, carried_ + 4 * epsilon * (length_ + 1) * (largest_a_ * largest_b_ + std::abs(begin_))};
  }
  // An activation may err by 6e-7, relative above 1: twice what generators/common/activation.h says.
  Expected activated(int activation) const {
    Expected e = result();
    e.value = activate(activation, e.value);
    e.tolerance = 1.2 * e.tolerance + 6e-7 * std::max(1.0, std::abs(e.value));
    return e;
  }

 private:
  double begin_, value_, largest_a_ = 0, largest_b_ = 0, carried_ = 0;
  int length_ = 0;
};

// One evaluation.
class Evaluation {
 public:
  Evaluation(const StepReference& step, const StepInputs& inputs)
      : step_(step),
        inputs_(inputs),
        types_(types_of(step.problem)),
        rounding_(types_.maps == Element::bf16 ? 0x1.01p-8 : 0) {}

  Expected output(const std::string& argument, std::int64_t index) const {
    const Expected e = value(argument, index);
    if (argument != "output" || !traits_of(output_element()).affine) return e;
    const Affine map = affine("output");
    return {e.value / map.scale + map.zero, e.tolerance / map.scale};
  }

 private:
  Expected value(const std::string& argument, std::int64_t index) const {
    if (step_.operation == "stem") return stem(index);
    if (step_.operation == "squeeze_excite") return gate(static_cast<int>(index));
    if (step_.operation == "classifier") return logit(index);
    const int row = padded(at("out_channels"));
    const int c = static_cast<int>(index % row);
    const std::int64_t pixel = index / row;
    if (step_.operation == "project" || step_.operation == "head")
      return argument == "average" ? average(c) : pointwise(c, pixel);
    if (argument == "sums") return row_sum(c, static_cast<int>(pixel));
    const int width = at("out_width");
    return depthwise(c, static_cast<int>(pixel % width), static_cast<int>(pixel / width));
  }

  // What an affine map's steps stand for; of other maps they are the values.
  struct Affine {
    double scale = 1, zero = 0;
    double value(double stored) const { return (stored - zero) * scale; }
    double clamped(double v) const { return std::clamp(v, -zero * scale, (255 - zero) * scale); }
  };
  Affine affine(const std::string& map) const {
    const bool has_steps = map == "output"  ? traits_of(output_element()).affine
                           : map == "input" ? types_.affine() && !step_.problem.contains("wide_input")
                                            : types_.affine();
    if (!has_steps) return {};
    return {inputs_(map + "_affine", 0), inputs_(map + "_affine", 1)};
  }

  int at(const char* name) const { return step_.problem.at(name); }
  double input(const char* argument, std::int64_t index) const { return inputs_(argument, index); }
  // float32 weights [P][inner][16]
  double plain(const char* argument, std::int64_t c, std::int64_t i, std::int64_t inner) const {
    if (step_.problem.contains("taps")) inner = stored_inputs(static_cast<int>(inner), Element::bf16);
    return input(argument, (c / panel_lanes * inner + i) * panel_lanes + c % panel_lanes);
  }
  // Of a layer whose weights are of the step's type: "<prefix>weight", and "<prefix>scale" where there is one.
  double dense(const std::string& prefix, std::int64_t c, std::int64_t i, int inputs,
               int together = 1) const {
    const std::int64_t stored = stored_inputs(inputs, types_.weights), lane = c % panel_lanes;
    const std::int64_t index =
        (c / panel_lanes * stored + i / together * together) * panel_lanes + lane * together + i % together;
    const double scale = traits_of(types_.weights).scaled ? inputs_(prefix + "scale", c) : 1;
    return scale * inputs_(prefix + "weight", index);
  }
  double matrix(const std::string& prefix, std::int64_t c, std::int64_t i) const {
    return dense(prefix, c, i, at("channels"), types_.side_by_side());
  }
  Element output_element() const {
    if (step_.operation == "head" && at("averages")) return Element::f32;
    const auto stored = step_.problem.find("stored");
    return stored == step_.problem.end() ? types_.maps : static_cast<Element>(stored->second);
  }
  // A value that is stored in the type of maps: rounded once.
  Expected stored(Expected e) const {
    if (traits_of(output_element()).affine) {
      const Affine map = affine("output");
      return {map.clamped(e.value), e.tolerance + 0.5001 * map.scale};
    }
    e.tolerance += rounding_ * std::abs(e.value);
    return e;
  }

  Expected stem(std::int64_t index) const {
    const int row = padded(at("out_channels")), width = at("out_width"), kernel = at("kernel");
    const int side = at("resolution");
    const int c = static_cast<int>(index % row);
    const std::int64_t pixel = index / row;
    Sum sum(input("bias", c));
    for_taps(static_cast<int>(pixel % width), static_cast<int>(pixel / width), side, side,
             [&](int tap, int x, int y) {
               for (int i = 0; i < 3; ++i)
                 sum.add(input("input", (std::int64_t{y} * side + x) * 3 + i),
                         plain("weight", c, tap * 3 + i, kernel * kernel * 3));
             });
    return stored(sum.activated(at("activation")));
  }

  // Calls visit(tap, column, row) for the taps of an output pixel that lie on the map.
  template <typename Visit>
  void for_taps(int x, int y, int width, int height, const Visit& visit) const {
    const int kernel = at("kernel"), stride = at("stride");
    for (int j = 0; j < kernel; ++j)
      for (int i = 0; i < kernel; ++i) {
        const int column = x * stride + i - at("left"), line = y * stride + j - at("top");
        if (column >= 0 && column < width && line >= 0 && line < height) visit(j * kernel + i, column, line);
      }
  }

  Expected expanded(int c, int x, int y) const {
    const int channels = at("channels");
    const std::int64_t first = (std::int64_t{y} * at("width") + x) * padded(channels);
    const Affine map = affine("input");
    if (step_.operation == "depthwise") return {map.value(input("input", first + c)), 0};
    Sum sum(input("expand_bias", c));  // with what the zero point adds in it
    for (int k = 0; k < channels; ++k)
      sum.add(input("input", first + k) * map.scale, matrix("expand_", c, k));
    return sum.activated(at("activation"));
  }

  Expected depthwise(int c, int x, int y) const {
    const int kernel = at("kernel");
    Sum sum(input("bias", c));
    for_taps(x, y, at("width"), at("height"), [&](int tap, int column, int row) {
      sum.add(expanded(c, column, row), plain("weight", c, tap, kernel * kernel));
    });
    return stored(sum.activated(at("activation")));
  }

  Expected row_sum(int c, int y) const {
    Sum sum(0);
    for (int x = 0; x < at("out_width"); ++x) sum.add(depthwise(c, x, y), 1);
    return sum.result();
  }

  Expected pointwise(int c, std::int64_t pixel) const {
    const int channels = at("channels");
    Sum sum(input("bias", c));
    for (int k = 0; k < channels; ++k) {
      const double value = input("input", pixel * padded(channels) + k), weight = matrix("", c, k);
      const double gate = at("gated") ? input("gate", k) : 1;
      if (types_.affine())
        sum.add(gated(value, gate), weight);
      else  // one of the factors is stored with the gate in it
        sum.add({value, at("gated") ? rounding_ * std::abs(value) : 0}, gate * weight);
    }
    Expected e = sum.activated(at("activation"));
    if (at("adds_residual"))
      e.value += affine("residual").value(input("residual", pixel * padded(at("out_channels")) + c));
    return at("averages") ? e : stored(e);
  }

  // A projection's stored input, times its scale, with the gate in it where there is one.
  Expected gated(double stored, double gate) const {
    const Affine from = affine("input");
    if (!at("gated")) return {stored * from.scale, 0};
    const Affine to = affine("gated");
    const double steps = std::clamp(from.value(stored) * gate / to.scale + to.zero, 0.0, 255.0);
    // Kernels multiply by whole units of a 16 bit fraction; a gate of 1 may be one too many.
    const double ratio = from.scale / to.scale;
    const int bits = std::clamp(static_cast<int>(std::ceil(std::log2(ratio * 1.000001))), 0, most_gate_bits);
    const double unit = std::ldexp(1.0, bits - 15),
                 units = std::abs(gate) * ratio >= std::ldexp(1.0, bits) - unit ? 1 : 0.51;
    const double error = std::abs(stored - from.zero) * unit * units + 1e-4;
    const bool undecided = std::abs(steps - std::floor(steps) - 0.5) < error;
    return {std::nearbyint(steps) * to.scale, undecided ? to.scale : 0};
  }

  Expected average(int c) const {
    Sum sum(0);
    for (int p = 0; p < at("pixels"); ++p) sum.add(pointwise(c, p), 1.0 / at("pixels"));
    return sum.result();
  }

  Expected gate(int c) const {
    const int channels = at("channels"), squeezed = at("squeezed");
    std::vector<double> means(channels);
    double largest = 0;
    for (int k = 0; k < channels; ++k) {
      for (int y = 0; y < step_.rows; ++y) means[k] += input("sums", std::int64_t{y} * padded(channels) + k);
      means[k] /= step_.pixels;
      largest = std::max(largest, std::abs(means[k]));
    }
    Sum outer(input("expand_bias", c));
    for (int s = 0; s < squeezed; ++s) {
      Sum inner(input("reduce_bias", s));
      for (int k = 0; k < channels; ++k)
        inner.add({means[k], 4 * epsilon * step_.rows * largest}, dense("reduce_", s, k, channels));
      outer.add(inner.activated(static_cast<int>(Activation::swish)), dense("expand_", c, s, squeezed));
    }
    const Expected e = outer.result();
    return {sigmoid(e.value), e.tolerance / 4 + 4e-7};  // twice what it says of sigmoid
  }

  Expected logit(std::int64_t c) const {
    const int channels = at("channels");
    Sum sum(input("bias", c));
    for (int k = 0; k < channels; ++k) sum.add(input("features", k), dense("", c, k, channels));
    return sum.result();
  }

  const StepReference& step_;
  const StepInputs& inputs_;
  MatrixTypes types_;
  double rounding_;  // of a value in the type of maps, to its size: half a unit in the last place
};

}  // namespace

Expected StepReference::output(const std::string& argument, std::int64_t index,
                               const StepInputs& inputs) const {
  return Evaluation(*this, inputs).output(argument, index);
}

}  // namespace effnet
