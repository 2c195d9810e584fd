// Activations as Halide expressions, float32.
#pragma once

#include <Halide.h>

#include "models/network.h"

namespace effnet {

// A float32 constant that LLVM does not know: what allows multiply-adds everywhere (compile.cc) also sets UnsafeFPMath, with
// which instruction selection folds (x + c) - c into x, strict or not. llvm.arithmetic.fence is no instruction. Folded, swish
// is wrong by several per cent, in every test of an operator.
inline Halide::Expr hidden_constant(float value) {
  return Halide::Internal::Call::make(Halide::Float(32), "llvm.arithmetic.fence.f32", {Halide::Expr(value)},
                                      Halide::Internal::Call::PureExtern);
}

// 1 + exp(-v): what swish and sigmoid divide by. exp(-v) = 2^z with z = -v log2(e), split into a whole part,
// which goes to the exponent's bits, and a rest in [-1/2, 1/2], for which a polynomial of degree 4 is right to
// 2.6e-6 (minimax of the relative error, by Remez' algorithm). Swish is then right to 7e-7 (relative above 1).
// Beyond |v| = 40 it stays what it is there: gates are 4e-18 at least, so that what they multiply does not become
// subnormal, which some CPUs compute a hundred times slower.
//
// Adding 1.5 * 2^23 rounds to a whole number and leaves it, with the exponent's bias, in the lowest bits; what is
// taken off again is hidden from LLVM. The factor that is rounded is another one than the rest's, so that both products
// are fused with an addition instead of being computed once.
inline Halide::Expr one_plus_exp_of_minus(const Halide::Expr& v) {
  using namespace Halide;
  constexpr float rounding = 12582912.0f + 127.0f;
  const Expr bounded = clamp(v, -40.0f, 40.0f);
  const Expr shifted = strict_float(bounded * -1.4427f + rounding);
  const Expr whole = strict_float(shifted - hidden_constant(rounding));
  const Expr rest = strict_float(bounded * -1.44269504f - whole);
  const float c[] = {0.9999992614457123f, 0.6931218147366893f, 0.24024744827863667f, 0.055917860319387246f,
                     0.009570101911169622f};
  Expr power = c[4];
  for (int i = 3; i >= 0; --i) power = power * rest + c[i];
  return 1.0f + reinterpret<float>(reinterpret<std::uint32_t>(shifted) << 23) * power;
}

inline Halide::Expr sigmoid(const Halide::Expr& v) { return 1.0f / one_plus_exp_of_minus(v); }

inline Halide::Expr activate(Activation activation, const Halide::Expr& v) {
  switch (activation) {
    case Activation::none:
      return v;
    case Activation::relu6:
      return Halide::clamp(v, 0.0f, 6.0f);
    case Activation::swish:
      return v / one_plus_exp_of_minus(v);
  }
  return v;
}

}  // namespace effnet
