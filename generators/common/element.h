// Element types in kernels: how weights are read, and the rule by which products are accumulated. Operators name no
// type; they ask here.
#pragma once

#include <Halide.h>

#include <functional>

#include "generators/common/layout.h"
#include "generators/common/ordered.h"
#include "models/element.h"

namespace effnet {

inline Halide::Type halide_type(Element element) {
  static const Halide::Type table[] = {Halide::Float(32), Halide::BFloat(16), Halide::Int(8)};
  return table[static_cast<int>(element)];
}

inline Halide::Expr stored_as(Element element, const Halide::Expr& value) {
  return Halide::cast(halide_type(element), value);
}

// The weights of a dense layer, (lane, input, panel), as float32; `scale` is (lane, panel), where there is one.
inline Halide::Func as_floats(Element element, const Halide::Func& weight, const Halide::Func& scale) {
  using namespace Halide;
  if (element == Element::f32) return weight;
  const Var lane("lane"), k("k"), panel("panel");
  Func floats("floats");
  const Expr value = cast<float>(weight(lane, k, panel));
  floats(lane, k, panel) = traits_of(element).scaled ? value * scale(lane, panel) : value;
  return floats;
}

// What lies side by side but is not multiplied so is read in words of 32 bits.
inline bool in_words(const MatrixTypes& types) {
  return types.together() == 1 && traits_of(types.weights).together > 1;
}

// A matrix product's argument: (lane, input, panel), or (input of those together, lane, group of inputs, panel).
inline Halide::Type weight_type(const MatrixTypes& types) {
  return in_words(types) ? Halide::UInt(32) : halide_type(types.weights);
}
inline int weight_dimensions(const MatrixTypes& types) { return types.together() > 1 ? 4 : 3; }

template <typename Argument>
void set_weight_layout(Argument& argument, const MatrixTypes& types, int inputs, int panels) {
  const int side = traits_of(types.weights).together, groups = stored_inputs(inputs, types.weights) / side;
  if (types.together() > 1)
    set_dense(argument, {side, panel_lanes, groups, panels});
  else
    set_dense(argument, {panel_lanes, groups, panels});
}

// Of that argument.
inline int weight_panel_bytes(const MatrixTypes& types, int inputs) {
  return stored_inputs(inputs, types.weights) * panel_lanes * traits_of(types.weights).bytes;
}

// (lane, input, panel) as float32, of weights that are not multiplied as they are stored.
inline Halide::Func weights_as_floats(const MatrixTypes& types, const Halide::Func& weight,
                                      const Halide::Func& scale) {
  using namespace Halide;
  if (!in_words(types)) return as_floats(types.weights, weight, scale);
  const Var lane("lane"), k("k"), panel("panel");
  Func floats("floats");  // of two bf16 in a word, the first is the lower half
  const Expr word = weight(lane, k / 2, panel);
  floats(lane, k, panel) = reinterpret<float>(select(k % 2 == 0, word << 16, word & Expr(0xffff0000u)));
  return floats;
}

// A sum over input channels, in their order whatever the schedule.
class ChannelSum {
 public:
  ChannelSum() = default;
  ChannelSum(const MatrixTypes& types, int inputs)
      : together_(types.together()),
        domain_(together_ == 1 ? Halide::RDom(0, inputs, "k")
                               : Halide::RDom(0, together_, 0, (inputs + together_ - 1) / together_, "k")) {}

  // `sum` and the next products; values(k) of the map, `factors` as the weights' argument.
  Halide::Expr add(const Halide::Expr& sum, const std::function<Halide::Expr(const Halide::Expr&)>& values,
                   const Halide::Func& factors, const Halide::Var& lane, const Halide::Var& panel) const {
    using namespace Halide;
    const RVar k = domain_.x;
    if (together_ == 1) return ordered_sum(sum, values(k) * factors(lane, k, panel));
    const RVar group = domain_.y;
    return sum + cast<float>(values(group * together_ + k)) * cast<float>(factors(k, lane, group, panel));
  }

  // All accumulators in registers, `unroll` steps of the sum at a time.
  void schedule(Halide::Stage update, const Halide::Var& lane, int lanes, const Halide::Var& panel,
                const Halide::Var& column, int unroll = 1) const {
    const Halide::RVar step = together_ == 1 ? domain_.x : domain_.y;
    if (together_ == 1) {
      update.reorder(lane, panel, column, step);
    } else {
      // One instruction for a vector of sums, which neither Halide nor LLVM takes apart or reorders.
      update.reorder(domain_.x, lane, panel, column, step).atomic().vectorize(domain_.x);
    }
    update.vectorize(lane, lanes).unroll(lane).unroll(panel).unroll(column);
    if (unroll > 1) update.unroll(step, unroll);
  }

 private:
  int together_ = 1;
  Halide::RDom domain_;
};

}  // namespace effnet
