// Rows of a feature map with a border of zeros around them, made one row at a time or flat, all at once.
#pragma once

#include <Halide.h>

namespace effnet {

struct BorderedRows {
  Halide::Func func;
  // Update stages; the ones whose domain is empty do not exist (their number is -1).
  Halide::RVar column;       // of the interior
  Halide::RVar tile, pixel;  // of a flat one, in its place
  int interior = 0, left = -1, right = -1, outside = -1;
  Halide::RVar left_column, right_column, outside_column;
};

// Which columns and rows. Columns -left .. width + right - 1 are needed; `computed`
// >= width columns are taken from the source (a multiple of the register tile):
// those past the width are overwritten by the border, if it is that wide.
struct BorderedWidth {
  int width, computed, left, right;
};

// The interior of the whole map at once, from row 0 on: its pixels in tiles, of which the last one is shifted inwards.
struct FlatInterior {
  int rows = 0, tile = 0;  // of pixels, at most as many as there are; no rows: it is made row by row
};

// func(before..., x, y) = source(x, y) inside the map, 0 outside; of flat rows x is the pixel, y is 0. `before` are the
// dimensions inside a pixel. `row_exists`: whether row y is a row of the map. There is no pure definition: rows are
// written by updates only, so that no value is written twice.
inline BorderedRows bordered_rows(
    const std::string& name, const std::vector<Halide::Var>& before, const Halide::Var& y,
    const BorderedWidth& w, const FlatInterior& flat, const Halide::Expr& row_exists,
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
  if (flat.rows > 0) {
    const int pixels = w.width * flat.rows;
    RDom interior(0, flat.tile, 0, (pixels + flat.tile - 1) / flat.tile, name + "_interior");
    rows.pixel = interior.x, rows.tile = interior.y;
    const Expr pixel = min(interior.y * flat.tile, pixels - flat.tile) + interior.x;
    rows.func(at_pixel(pixel % w.width, pixel / w.width)) = source(pixel, 0);
  } else {
    RDom interior(0, w.computed, name + "_interior");
    interior.where(row_exists);
    rows.column = interior.x;
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
