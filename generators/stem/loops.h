// The loops of stem.
//
//   for each output row of a task's strip:
//     copy its new input rows into the ring, with a border     scratch, a few KB
//     for each group of tiles:
//       for each tile of columns x panels:                     accumulators in registers
//       activation (common/tile_group.h), one store
#pragma once

#include "generators/common/tiles.h"
#include "generators/stem/algorithm.h"
#include "generators/stem/schedule.h"

namespace effnet {

// `out_panels`: of the output.
inline void schedule_stem(StemFuncs& f, const StemProblem& p, const StemSchedule& s, int out_panels) {
  using namespace Halide;
  const int lanes = p.lanes;
  const Var lane = f.lane, panel = f.panel, x = f.x, y = f.y;
  f.output.compute_root().bound(lane, 0, 16).bound(panel, 0, out_panels).bound(x, 0, p.out_width);
  const TileGroup group{s.tile_panels, s.columns, s.group, p.out_width};
  f.convolved.compute_at(schedule_output(f.output, f.activation, group, lanes))
      .vectorize(lane, lanes)
      .unroll(lane)
      .unroll(panel)
      .unroll(x);
  f.convolved.update().reorder(lane, panel, x, f.taps.x, f.taps.y, f.taps.z);
  f.convolved.update()
      .vectorize(lane, lanes)
      .unroll(lane)
      .unroll(panel)
      .unroll(x)
      .unroll(f.taps.x)
      .unroll(f.taps.y);

  Func rows = f.rows.func;
  rows.store_root().compute_at(f.output, y).store_in(MemoryType::Heap).fold_storage(y, p.kernel);
  rows.update(f.rows.interior).vectorize(f.rows.pixel, lanes);
}

}  // namespace effnet
