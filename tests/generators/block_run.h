// Networks of one block, compiled and run on this CPU or in an emulator, and all that a run leaves in the arena.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "generators/target.h"
#include "models/element.h"
#include "models/network.h"
#include "pipeline/plan.h"
#include "schedules/rows.h"
#include "tests/support/reference.h"
#include "tests/support/tensors.h"

namespace effnet::test {

struct Run {
  Plan plan;             // its buffers do not overlap
  FloatTensors file;     // the weights as they are stored
  PlainWeights weights;  // the same in the reference's order
  std::vector<float> input, logits;
  std::vector<float> arena;  // after the run

  const Values& weight(const std::string& name) const { return weights.at(name); }
  // Of a buffer's or the gated map's `affine`.
  double scale(const std::string& affine) const { return file.at(affine).values[0]; }
  double zero_point(const std::string& affine) const { return file.at(affine).values[1]; }

  // The first of that name; the test fails where there is none.
  const Kernel& kernel(const std::string& operation) const;
  const Buffer& buffer(const std::string& name) const;
  // Element `index` of a buffer.
  float value(const Buffer& b, std::size_t index) const;
  // A buffer as a map, without the channels that fill up its last panel.
  Tensor3 map(const std::string& name, const Shape& shape) const;
};

// The listed targets, and one of ARM that multiplies fours of 8 bit integers, as far as they run on this CPU or in
// an emulator; at least one.
std::vector<CpuTarget> runnable_targets();

struct Kind {
  CpuTarget target;
  Precision precision;
};
// These with every element type, but what would be the same code again.
std::vector<Kind> runnable_kinds();

// With random weights and a random input, the same in every run. `target`: one of runnable_targets(). `rows`: the schedules;
// null: defaults.
Run compile_and_run(const Network& network, const CpuTarget& target, Precision precision,
                    const ScheduleRows* rows = nullptr);

}  // namespace effnet::test
