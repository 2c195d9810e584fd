// Activations as Halide expressions, float32.
#pragma once

#include <Halide.h>

#include "models/network.h"

namespace effnet {

// 1 + exp(-v): what swish and sigmoid divide by. exp(-v) = 2^z with z = -v log2(e), split into a whole part,
// which goes to the exponent's bits, and a rest in [-1/2, 1/2], for which a polynomial of degree 5 is right
// to 8e-8 (minimax of the relative error). The clamp makes the result 1 above v = 88 and infinite below
// v = -88, as it should be. Adding the exponent's bias (127) before the clamp spares a `round`, which Halide
// splits into two half-width instructions on AVX-512. Degree 4 is right to 3e-6 only.
inline Halide::Expr one_plus_exp_of_minus(const Halide::Expr& v) {
  using namespace Halide;
  const Expr biased = clamp(v * -1.44269504088896341f + 127.0f, 0.0f, 255.0f);
  const Expr whole = cast<int>(biased + 0.5f);
  const Expr rest = biased - cast<float>(whole);
  const float c[] = {1.0000000716546846f,  0.6931469670647549f,   0.24022119723840515f,
                     0.05550713273505712f, 0.009675541334434873f, 0.001327647199010023f};
  Expr power = c[5];
  for (int i = 4; i >= 0; --i) power = power * rest + c[i];
  return 1.0f + reinterpret<float>(whole << 23) * power;
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
