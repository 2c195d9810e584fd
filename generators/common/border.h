// Rows of a feature map with a border of zeros around them, made one row at a time or flat, all at once.
#pragma once

#include <Halide.h>

namespace effnet {

struct BorderedRows {
  Halide::Func func;
  // Update stages; the ones whose domain is empty do not exist (their number is -1).
  Halide::RVar group, pixel;  // of the interior: by rows a column, flat a pixel of the map
  int interior = 0, left = -1, right = -1, outside = -1;
  Halide::RVar left_column, right_column, outside_column;
};

// Columns -left .. width + right - 1 are needed.
struct BorderedWidth {
  int width, left, right;
};

// Made in groups of columns, at most the width; or, flat, the whole map at once from row 0 on, in groups of pixels that go on in
// the next row. The last group is shifted inwards.
struct Interior {
  int group = 1;
  int flat_rows = 0;  // of the map; 0: made row by row
};

// func(before..., x, y) = source(x, y) inside the map, 0 outside; of flat rows x is the pixel, y is 0. `before` are the
// dimensions inside a pixel. `row_exists`: whether row y is a row of the map. There is no pure definition: rows are
// written by updates only, so that no value is written twice.
inline BorderedRows bordered_rows(
    const std::string& name, const std::vector<Halide::Var>& before, const Halide::Var& y,
    const BorderedWidth& w, const Interior& inside, const Halide::Expr& row_exists,
    const std::function<Halide::Expr(const Halide::Expr& x, const Halide::Expr& y)>& source) {
  using namespace Halide;
  BorderedRows rows;
  rows.func = Func(name);
  const auto at_pixel = [&](const Expr& column, const Expr& row) {
    std::vector<Expr> index(before.begin(), before.end());
    index.push_back(column);
    index.push_back(row);
    return index;
  };
  const auto at = [&](const Expr& column) { return at_pixel(column, y); };
  const Var x("x");
  std::vector<Var> pure(before);
  pure.push_back(x);
  pure.push_back(y);
  rows.func(pure) = undef<float>();

  int stages = 0;
  rows.interior = stages++;
  const bool flat = inside.flat_rows > 0;
  const int length = w.width * (flat ? inside.flat_rows : 1);
  RDom interior(0, inside.group, 0, (length + inside.group - 1) / inside.group, name + "_interior");
  if (!flat) interior.where(row_exists);
  rows.pixel = interior.x, rows.group = interior.y;
  const Expr pixel = min(interior.y * inside.group, length - inside.group) + interior.x;
  if (flat)
    rows.func(at_pixel(pixel % w.width, pixel / w.width)) = source(pixel, 0);
  else
    rows.func(at(pixel)) = source(pixel, y);

  const auto zero = [&](int first, int count, const char* where, RVar& column, int& stage) {
    if (count <= 0) return;
    RDom domain(first, count, name + where);
    column = domain.x;
    stage = stages++;
    rows.func(at(domain.x)) = 0.0f;
  };
  zero(-w.left, w.left, "_left", rows.left_column, rows.left);
  zero(w.width, w.right, "_right", rows.right_column, rows.right);

  RDom outside(-w.left, w.left + w.width + w.right, name + "_outside");
  outside.where(!row_exists);
  rows.outside_column = outside.x;
  rows.outside = stages++;
  rows.func(at(outside.x)) = 0.0f;
  return rows;
}

}  // namespace effnet
