// Sums along rows in an order that no schedule changes: four interleaved partial sums, then their sum. Of integers they are
// exact, and the partial ones have the values' type.
#pragma once

#include <Halide.h>

#include <functional>

#include "generators/common/ordered.h"

namespace effnet {

// So many columns of bytes have partial sums of 16 bits.
constexpr int most_columns_of_bytes = 4 * (65535 / 255);

struct RowSums {
  Halide::Func partial;  // (lane, panel, i, y): columns i, i + 4, i + 8, ...
  Halide::Func sums;     // (lane, panel, y)
  Halide::RVar group;    // of update stage 0, which adds whole groups of four
  Halide::Var i{"i"};
  bool has_rest = false;  // update stage 1 adds the last width % 4 columns
};

// values(lane, panel, x, y), float32 or unsigned integers, x in [0, width). `value_of`: what is stored of a sum.
inline RowSums row_sums(const std::string& name, const Halide::Func& values, int width,
                        const Halide::Var& lane, const Halide::Var& panel, const Halide::Var& y,
                        const std::function<Halide::Expr(const Halide::Expr&)>& value_of) {
  using namespace Halide;
  const Type type = values.type();
  const auto add = [&](const Expr& a, const Expr& b) { return type.is_float() ? ordered_sum(a, b) : a + b; };
  RowSums s;
  s.partial = Func(name + "_partial");
  s.sums = Func(name);
  s.partial(lane, panel, s.i, y) = cast(type, 0);
  RDom groups(0, width / 4, name + "_groups");
  s.group = groups.x;
  s.partial(lane, panel, s.i, y) =
      add(s.partial(lane, panel, s.i, y), values(lane, panel, groups.x * 4 + s.i, y));
  s.has_rest = width % 4 != 0;
  if (s.has_rest) {
    RDom rest(0, width % 4, name + "_rest");
    s.partial(lane, panel, rest.x, y) =
        add(s.partial(lane, panel, rest.x, y), values(lane, panel, width / 4 * 4 + rest.x, y));
  }
  const auto part = [&](int i) {
    const Expr sum = s.partial(lane, panel, i, y);
    return type.is_float() ? sum : cast<int>(sum);
  };
  s.sums(lane, panel, y) = value_of(add(part(0) + part(1), part(2) + part(3)));
  return s;
}

}  // namespace effnet
