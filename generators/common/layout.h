// How kernels see memory. Channels lie in panels of 16 (models/packing.h) and are two dimensions in Halide:
// the lane in the panel and the panel, so that no index needs a division. Dimension 0 is the innermost.
//
//   feature map     (lane, panel, column, row)    channels rounded up to 16; what stands for 0 in the lanes past the last one
//   flat map        (lane, panel, pixel)          the same memory, pixel = row * width + column
//   as inputs       (channel, pixel)              the same memory, for reductions over exact channels
//   weights         (lane, input, panel)          depthwise: (lane, kernel column, kernel row, panel)
//   bias, gate      (lane, panel)
#pragma once

#include <Halide.h>

#include "models/packing.h"

namespace effnet {

// Sets the static layout of one argument: dimension 0 is dense; `strides` are
// those of dimensions 1, 2, ... in floats. Minimums are 0. An extent of 0 leaves
// the extent to the caller's buffer (only where a loop's length depends on it).
template <typename Argument>
void set_layout(Argument& argument, const std::vector<int>& extents, const std::vector<int>& strides) {
  for (int d = 0; d < static_cast<int>(extents.size()); ++d) {
    argument.dim(d).set_min(0);
    if (extents[d] > 0) argument.dim(d).set_extent(extents[d]);
    argument.dim(d).set_stride(d == 0 ? 1 : strides[d - 1]);
  }
}

template <typename Argument>
void set_dense(Argument& argument, const std::vector<int>& extents) {
  std::vector<int> strides;
  int stride = 1;
  for (std::size_t d = 0; d + 1 < extents.size(); ++d) strides.push_back(stride *= extents[d]);
  set_layout(argument, extents, strides);
}

// f(lane, ..., panel) by halves of panels: (lane of 8, ..., half). `lane`: its dimension.
inline Halide::Func in_halves(const Halide::Func& f, int lane = 0) {
  using namespace Halide;
  const std::vector<Var> arguments = f.args();
  std::vector<Expr> index(arguments.begin(), arguments.end());
  index[lane] += arguments.back() % 2 * (panel_lanes / 2);
  index.back() /= 2;
  Func halves(f.name() + "_halves");
  halves(arguments) = f(index);
  return halves;
}

}  // namespace effnet
