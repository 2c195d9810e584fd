// Activations as Halide expressions, float32.
#pragma once

#include <Halide.h>

#include "models/network.h"

namespace effnet {

// exp(-v) = 2^z with z = -v log2(e), reduced to a whole part n and a rest within [-1/2, 1/2] (but for 5e-6 |v|: where that counts,
// exp(-v) is next to nothing or all that counts).
//
// Adding 1.5 * 2^23 rounds z to a whole number and leaves it, with the exponent's bias, in the lowest bits. Taken off again it has
// to stay a subtraction of its own (common/multiply_adds.h). The factor that is rounded is another one than the rest's, so that
// both products are fused with an addition instead of being computed once.
constexpr float rounding_shift = 12582912.0f + 127.0f;
inline Halide::Expr shifted_argument(const Halide::Expr& v) {
  return Halide::strict_float(v * -1.4427f + rounding_shift);
}
inline Halide::Expr rest_of_argument(const Halide::Expr& v, const Halide::Expr& shifted) {
  return Halide::strict_float(v * -1.44269504f - (shifted - rounding_shift));
}

// 2^n. n stays within 58, on integers, where nothing waits for it: gates are 2e-18 at least, so that what they multiply does not
// become subnormal, which some CPUs compute a hundred times slower. The fraction is positive for any rest, so all is right as far as
// |v| = 1e10 (below -1e10 swish is v / 2^58); from 1e16 on results are infinite or not numbers.
inline Halide::Expr power_of_whole(const Halide::Expr& shifted) {
  using namespace Halide;
  constexpr std::int32_t bits_of_zero = 0x4b400000 + 127, limit = 58;
  const Expr bits = clamp(reinterpret<std::int32_t>(shifted), bits_of_zero - limit, bits_of_zero + limit);
  return reinterpret<float>(reinterpret<std::uint32_t>(bits) << 23);
}

// exp(-v) = dividend / divisor, so that the division of swish and sigmoid, by 1 + exp(-v), is the only one:
// 2^r = (r^2 + a + b r) / (r^2 + a - b r) is right to 4.4e-7 (minimax of the relative error, by Remez' algorithm; Pade's fraction has
// a = 12 / ln(2)^2, b = 6 / ln(2)). Swish is then right to 3e-7 (relative above 1), sigmoid to 2e-7.
// A polynomial of degree 4 has a chain of dependent instructions a quarter longer and seven multiply-adds in place of four, each of which
// keeps Zen 2 from starting an addition or a division. strict_float() keeps Halide from computing both by (r +- b) r + a, with
// one more multiply-add; b r, used twice, LLVM does not fuse.
struct Fraction {
  Halide::Expr dividend, divisor;
};
inline Fraction exp_of_minus(const Halide::Expr& shifted, const Halide::Expr& rest) {
  using namespace Halide;
  const Expr even = strict_float(rest * rest + 25.039107f);
  const Expr odd = strict_float(rest * 8.677839f);
  return {power_of_whole(shifted) * strict_float(even + odd), strict_float(even - odd)};
}

inline Halide::Expr sigmoid(const Halide::Expr& v) {
  const Halide::Expr shifted = shifted_argument(v);
  const Fraction exponential = exp_of_minus(shifted, rest_of_argument(v, shifted));
  return exponential.divisor / (exponential.divisor + exponential.dividend);
}

// `shifted`, `rest`: of v.
inline Halide::Expr swish(const Halide::Expr& v, const Halide::Expr& shifted, const Halide::Expr& rest) {
  const Fraction exponential = exp_of_minus(shifted, rest);
  return v * exponential.divisor / (exponential.divisor + exponential.dividend);
}
inline Halide::Expr swish(const Halide::Expr& v) {
  const Halide::Expr shifted = shifted_argument(v);
  return swish(v, shifted, rest_of_argument(v, shifted));
}

inline Halide::Expr activate(Activation activation, const Halide::Expr& v) {
  switch (activation) {
    case Activation::none:
      return v;
    case Activation::relu6:
      return Halide::clamp(v, 0.0f, 6.0f);
    case Activation::swish:
      return swish(v);
  }
  return v;
}

}  // namespace effnet
