// An activation in two stages, so that swish's chains of dependent instructions are short: the first half of several vectors' chains,
// then their second half. The vectors are those of one column from scratch (two a panel with AVX2), or of a whole tile from registers.
// One vector after the other, an out-of-order core sees too few chains at a time. Swish with AVX2 (Zen 2), cycles a vector: 7.0 one
// after the other, 6.6 two vectors a stage, 6.2 six to twelve; with a third stage no less. AVX-512 computes it at once: llvm-mca's
// models of Zen 4 and Intel's cores give the same time. (For an in-order Cortex-A55 they give 25 cycles in place of 47.)
#pragma once

#include <Halide.h>

#include <vector>

#include "generators/common/activation.h"
#include "models/packing.h"

namespace effnet {

class StagedActivation {
 public:
  StagedActivation() = default;
  // Of `sums`, at its arguments: (lane, panel, x, ...). `lanes`: of a vector.
  StagedActivation(Activation activation, const Halide::Func& sums, int lanes)
      : activation_(activation),
        lanes_(lanes),
        sums_(sums),
        shifted_(sums.name() + "_shifted"),
        rest_(sums.name() + "_rest") {
    if (!in_stages()) return;
    const std::vector<Halide::Var> at = sums_.args();
    shifted_(at) = shifted_argument(sums_(at));
    rest_(at) = rest_of_argument(sums_(at), shifted_(at));
  }

  const Halide::Func& sums() const { return sums_; }
  // Otherwise all of it is one expression.
  bool in_stages() const { return activation_ == Activation::swish && lanes_ < panel_lanes; }

  Halide::Expr at(const std::vector<Halide::Expr>& index) const {
    const Halide::Expr value = sums_(index);
    return in_stages() ? swish(value, shifted_(index), rest_(index)) : activate(activation_, value);
  }

  // `loop`: an iteration activates some vectors.
  void schedule(const Halide::LoopLevel& loop) const {
    if (!in_stages()) return;
    for (Halide::Func stage : {shifted_, rest_}) {
      const std::vector<Halide::Var> at = stage.args();
      stage.compute_at(loop)
          .store_in(Halide::MemoryType::Stack)
          .vectorize(at[0], lanes_)
          .unroll(at[0])
          .unroll(at[1])
          .unroll(at[2]);
    }
  }

 private:
  Activation activation_ = Activation::none;
  int lanes_ = panel_lanes;
  Halide::Func sums_, shifted_, rest_;
};

}  // namespace effnet
