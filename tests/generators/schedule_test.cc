// Schedules of a step give the same bits: networks of one block under two of them.
#include <algorithm>
#include <vector>

#include "generators/target.h"
#include "models/element.h"
#include "tests/catch.h"
#include "tests/generators/block_run.h"
#include "tests/generators/one_block.h"

namespace effnet::test {

TEST_CASE("A schedule changes the speed and not one bit") {
  const int channels = GENERATE(32, 16);  // 16: with a residual
  const Network network =
      one_block_network({45, 16, 6, 5, 1, channels, Padding::symmetric, true, Activation::swish, 32, 7});
  for (const CpuTarget& target : cpu_targets()) {
    if (!runs_here(target) || target.name == "x86-64") continue;
    for (const PrecisionTraits& type : precisions()) {
      INFO(target.name << ", " << type.name << ", " << channels << " channels");
      CpuTarget other = target;  // the same instructions, other register tiles and blocks
      other.machine.registers /= 2;
      const Run a = compile_and_run(network, target, type.precision),
                b = compile_and_run(network, other, type.precision);
      REQUIRE(a.plan.kernels[1].schedule != b.plan.kernels[1].schedule);
      CHECK(a.logits == b.logits);
      CHECK(a.map("head", network.head.out).values == b.map("head", network.head.out).values);
    }
  }
}

TEST_CASE("An expansion by tiles of pixels gives the bits of one by rows") {
  struct Shape {
    int resolution, kernel, stride;
  };
  // Of the map between stem and block: a multiple of the tile, with a rest, smaller than the kernel.
  const Shape shape = GENERATE(Shape{29, 5, 1}, Shape{26, 3, 2}, Shape{26, 5, 2}, Shape{7, 5, 1});
  const Network network = one_block_network({shape.resolution, 16, 6, shape.kernel, shape.stride, 24,
                                             Padding::same, true, Activation::swish, 32, 7});
  for (const CpuTarget& target : cpu_targets()) {
    if (!runs_here(target)) continue;
    for (const PrecisionTraits& type : precisions()) {
      INFO(target.name << ", " << type.name << ", resolution " << shape.resolution);
      const Result<Plan> plan = make_plan(network, {.target = target, .precision = type.precision});
      REQUIRE(plan.ok());
      std::vector<Run> runs;
      for (const int flat : {0, 1}) {
        ScheduleRows rows;
        for (const Kernel& kernel : plan->kernels) {
          if (kernel.operation != "expand_depthwise") continue;
          ScheduleRow row{kernel.problem, 1, kernel.schedule};
          row.schedule["strip_rows"] = kernel.problem.at("out_height");
          row.schedule["expand_columns"] = std::min(3, kernel.problem.at("width"));
          row.schedule["flat"] = flat;
          rows.add(kernel.operation, row);
        }
        runs.push_back(compile_and_run(network, target, type.precision, &rows));
        REQUIRE(runs.back().kernel("expand_depthwise").schedule.at("flat") == flat);
      }
      CHECK(runs[0].logits == runs[1].logits);
      CHECK(runs[0].map("head", network.head.out).values == runs[1].map("head", network.head.out).values);
    }
  }
}

}  // namespace effnet::test
