// Element types in kernels: how weights are read, and the rule by which products are accumulated. Operators name no
// type; they ask here.
#pragma once

#include <Halide.h>

#include <functional>

#include "generators/common/layout.h"
#include "generators/common/ordered.h"
#include "generators/common/row_sums.h"
#include "models/element.h"

namespace effnet {

inline Halide::Type halide_type(Element element) {
  static const Halide::Type table[] = {Halide::Float(32), Halide::BFloat(16), Halide::Int(8), Halide::UInt(8),
                                       Halide::Int(16)};
  return table[static_cast<int>(element)];
}

inline Halide::Expr stored_as(Element element, const Halide::Expr& value) {
  return Halide::cast(halide_type(element), value);
}

// How a map's values are stored. `affine`: of affine elements, the map's (scale, zero point, 1 / scale). Products of three
// and sums of three say in which order, for LLVM would sort them by where they come from, which depends on the tile.
class MapStorage {
 public:
  MapStorage() = default;
  explicit MapStorage(Element element, Halide::Func affine = {})
      : element_(element), affine_(std::move(affine)) {}

  Halide::Expr scale() const { return affine_(0); }
  Halide::Expr read(const Halide::Expr& stored) const {
    const Halide::Expr value = Halide::cast<float>(stored);
    return traits_of(element_).affine ? (value - affine_(1)) * affine_(0) : value;
  }
  Halide::Expr write(const Halide::Expr& value) const {
    return traits_of(element_).affine ? nearest_step(value * affine_(2)) : stored_as(element_, value);
  }
  // What row_sums() adds up along `width` columns: floats or, exactly, steps. And what that sum stands for.
  Halide::Expr summand(const Halide::Expr& stored, int width) const {
    using namespace Halide;
    if (!traits_of(element_).affine) return read(stored);
    return cast(UInt(width <= most_columns_of_bytes ? 16 : 32), stored);
  }
  Halide::Expr sum_value(const Halide::Expr& sum, int width) const {
    using namespace Halide;
    return traits_of(element_).affine ? (cast<float>(sum) - affine_(1) * width) * affine_(0) : sum;
  }

  // read(stored) * gate as it is stored; of affine maps by 16 bit integers, halves upwards: floats take a conversion each way.
  // `factor`: gate_factor().
  Halide::Expr write_gated(const MapStorage& from, const Halide::Expr& stored,
                           const Halide::Expr& factor) const {
    using namespace Halide;
    if (!traits_of(element_).affine) return write(cast<float>(stored) * factor);
    const Expr moved = (cast<std::int16_t>(stored) - cast<std::int16_t>(from.affine_(1)))
                       << cast<std::int16_t>(gate_bits(from));
    // Without the limit Halide looks for -2^15 times itself, by three instructions.
    const Expr product = rounding_mul_shift_right(moved, max(factor, cast<std::int16_t>(-32767)), 15);
    const Expr gated = saturating_add(product, cast<std::int16_t>(affine_(1)));
    return clamp(gated, cast<std::int16_t>(0), cast<std::int16_t>(255));
  }
  // What a channel's values are multiplied by: the gate, or, between steps of two affine maps, gate * ratio of their sizes in
  // units of 2^(gate_bits() - 15).
  Halide::Expr gate_factor(const MapStorage& from, const Halide::Expr& gate) const {
    using namespace Halide;
    if (!traits_of(element_).affine) return gate;
    const Expr units = reinterpret<float>((127 + 15 - gate_bits(from)) << 23);
    const Expr factor = strict_float(gate * ratio(from)) * units;  // a power of two: exact
    return cast<std::int16_t>(min(factor + select(factor < 0.0f, -0.5f, 0.5f), 32767.0f));
  }

 private:
  Halide::Expr ratio(const MapStorage& from) const {
    return Halide::strict_float(from.affine_(0) * affine_(2));
  }
  // Binary digits that gate * ratio has in front of the point, a gate being at most 1: the ratio's logarithm, rounded up.
  Halide::Expr gate_bits(const MapStorage& from) const {
    using namespace Halide;
    return clamp(((reinterpret<int>(ratio(from)) - 1) >> 23) - 126, 0, most_gate_bits);
  }

  // Adding 2^23 rounds what is not negative to a whole number, halves to even, and leaves it in the lowest bits: 0x4b000000 + step.
  // Larger floats have larger bits, infinity too, so that the limits may come last, where instructions that narrow saturate.
  Halide::Expr nearest_step(const Halide::Expr& steps) const {
    using namespace Halide;
    const Expr raised = strict_float(max(steps + affine_(1), 0.0f) + 8388608.0f);
    return saturating_cast<std::uint8_t>(
        saturating_cast<std::int16_t>(reinterpret<std::int32_t>(raised) - 0x4b000000));
  }

  Element element_ = Element::f32;
  Halide::Func affine_;
};

// An affine map's argument: see models/packing.h.
template <typename Argument>
void set_affine_layout(Argument* argument) {
  if (argument) argument->dim(0).set_bounds(0, panel_lanes);
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

// Whether an instruction multiplies four signed maps only: they are taken off 128 then.
inline bool wants_signed_maps(const MatrixTypes& types, const Halide::Target& target) {
  return types.affine() && !types.widened && target.arch == Halide::Target::ARM;
}

template <typename Argument>
void set_weight_layout(Argument& argument, const MatrixTypes& types, int inputs, int panels) {
  const int side = types.side_by_side(), groups = stored_inputs(inputs, types.weights) / side;
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

// (input of those together, lane, group of inputs, panel) as the 16 bit integers that are multiplied in pairs.
inline Halide::Func weights_as_pairs(const MatrixTypes& types, const Halide::Func& weight) {
  using namespace Halide;
  const Var side("side"), lane("lane"), k("k"), panel("panel");
  Func pairs("pairs");
  const int stored = types.side_by_side(), groups = stored / types.together();
  pairs(side, lane, k, panel) =
      stored_as(types.factors(), weight(k % groups * types.together() + side, lane, k / groups, panel));
  return pairs;
}

// A sum over input channels, in their order whatever the schedule. Of integers it begins at 0; bias and scale come to
// its result.
class ChannelSum {
 public:
  ChannelSum() = default;
  // `signed_maps`: wants_signed_maps().
  ChannelSum(const MatrixTypes& types, int inputs, bool signed_maps = false)
      : together_(types.together()),
        integers_(types.affine()),
        signed_(signed_maps),
        domain_(together_ == 1 ? Halide::RDom(0, inputs, "k")
                               : Halide::RDom(0, together_, 0, (inputs + together_ - 1) / together_, "k")) {}

  // What to begin with; `factors` as the weights' argument.
  Halide::Expr begin(const Halide::Expr& bias, const Halide::Func& factors, const Halide::Var& lane,
                     const Halide::Var& panel) {
    using namespace Halide;
    if (!integers_) return bias;
    if (!signed_) return 0;
    offset_ = Func("offset");
    offset_(lane, panel) = 0;
    offset_(lane, panel) += cast<int>(factors(domain_.x, lane, domain_.y, panel));
    return offset_(lane, panel) * 128;
  }

  // `sum` and the next products; values(k) of the map.
  Halide::Expr add(const Halide::Expr& sum, const std::function<Halide::Expr(const Halide::Expr&)>& values,
                   const Halide::Func& factors, const Halide::Var& lane, const Halide::Var& panel) const {
    using namespace Halide;
    const RVar k = domain_.x;
    if (together_ == 1) return ordered_sum(sum, values(k) * factors(lane, k, panel));
    const RVar group = domain_.y;
    const Expr value = values(group * together_ + k), factor = factors(k, lane, group, panel);
    if (!integers_) return sum + cast<float>(value) * cast<float>(factor);
    if (!signed_) return sum + cast<int>(value) * cast<int>(factor);
    return sum + cast<int>(reinterpret<std::int8_t>(value ^ cast<std::uint8_t>(128))) * cast<int>(factor);
  }

  // `scale`: of weights and map together.
  Halide::Expr result(const Halide::Expr& sum, const Halide::Expr& bias,
                      const std::function<Halide::Expr()>& scale) const {
    return integers_ ? ordered_sum(bias, Halide::cast<float>(sum) * Halide::strict_float(scale())) : sum;
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

  // What signed maps are off, computed once inside of `loop`; on the stack.
  void schedule_offset(const Halide::LoopLevel& loop, int lanes) {
    if (!signed_) return;
    const Halide::Var lane = offset_.args()[0], panel = offset_.args()[1];
    offset_.compute_at(loop).store_in(Halide::MemoryType::Stack).vectorize(lane, lanes).unroll(lane);
    offset_.update().reorder(domain_.x, lane, domain_.y, panel).atomic().vectorize(domain_.x);
    offset_.update().vectorize(lane, lanes).unroll(lane);
  }

 private:
  int together_ = 1;
  bool integers_ = false, signed_ = false;
  Halide::RDom domain_;
  Halide::Func offset_;  // (lane, panel): the sum of the weights; only with signed maps
};

}  // namespace effnet
