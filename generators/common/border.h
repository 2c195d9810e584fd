// Rows of a feature map with a border of zeros around them, made one row at a time.
#pragma once

#include <Halide.h>

namespace effnet {

struct BorderedRows {
  Halide::Func func;
  // Update stages; the ones whose domain is empty do not exist (their number is -1).
  Halide::RVar column;  // of the interior
  int interior = 0, left = -1, right = -1, outside = -1;
  Halide::RVar left_column, right_column, outside_column;
};

// Which columns and rows. Columns -left .. width + right - 1 are needed; `computed`
// >= width columns are taken from the source (a multiple of the register tile):
// those past the width are overwritten by the border, if it is that wide.
// With `flat_rows` the interior is that many rows at once, beginning with row 0, whose pixels are counted from row to
// row: `computed` >= width * flat_rows of them, those past the end being the last one again.
struct BorderedWidth {
  int width, computed, left, right, flat_rows = 0;
};

// func(before..., x, y) = source(x, y) inside the map, 0 outside; of flat rows x is the pixel, y is 0. `before` are the
// dimensions inside a pixel. `row_exists`: whether row y is a row of the map. There is no pure definition: rows are
// written by updates only, so that no value is written twice.
inline BorderedRows bordered_rows(
    const std::string& name, const std::vector<Halide::Var>& before, const Halide::Var& y,
    const BorderedWidth& w, const Halide::Expr& row_exists,
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
  RDom interior(0, w.computed, name + "_interior");
  rows.column = interior.x;
  rows.interior = stages++;
  if (w.flat_rows > 0) {
    const Expr pixel = min(interior.x, w.width * w.flat_rows - 1);
    rows.func(at_pixel(pixel % w.width, pixel / w.width)) = source(pixel, 0);
  } else {
    interior.where(row_exists);
    rows.func(at(interior.x)) = source(interior.x, y);
  }

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
