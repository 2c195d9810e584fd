// Schedules of a step give the same bits: networks of one block under two of them.
#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "generators/target.h"
#include "models/element.h"
#include "models/packing.h"
#include "schedules/rows.h"
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

namespace {

using Change = std::function<void(const Numbers& problem, Numbers& schedule)>;

// With defaults, but for the steps of one operation.
Run run_changed(const Network& network, const CpuTarget& target, Precision precision,
                const std::string& operation, const Change& change) {
  const Result<Plan> plan = make_plan(network, {.target = target, .precision = precision});
  REQUIRE(plan.ok());
  ScheduleRows rows;
  std::vector<Numbers> schedules;
  for (const Kernel& kernel : plan->kernels) {
    if (kernel.operation != operation) continue;
    ScheduleRow row{kernel.problem, 1, kernel.schedule};
    change(kernel.problem, row.schedule);
    schedules.push_back(row.schedule);
    rows.add(operation, row);
  }
  Run run = compile_and_run(network, target, precision, &rows);
  std::vector<Numbers> used;
  for (const Kernel& kernel : run.plan.kernels)
    if (kernel.operation == operation) used.push_back(kernel.schedule);
  REQUIRE(used == schedules);  // none was refused
  return run;
}

void check_same_bits(const Network& network, const CpuTarget& target, Precision precision,
                     const std::string& operation, const Change& one, const Change& other) {
  INFO(target.name << ", " << traits_of(precision).name << ", resolution " << network.resolution);
  const Run a = run_changed(network, target, precision, operation, one),
            b = run_changed(network, target, precision, operation, other);
  CHECK(a.logits == b.logits);
  CHECK(a.map("head", network.head.out).values == b.map("head", network.head.out).values);
}

}  // namespace

TEST_CASE("An expansion by tiles of pixels gives the bits of one by rows") {
  struct Shape {
    int resolution, kernel, stride;
  };
  // Of the map between stem and block: a multiple of the tile, with a rest, smaller than the kernel.
  const Shape shape = GENERATE(Shape{29, 5, 1}, Shape{26, 3, 2}, Shape{26, 5, 2}, Shape{7, 5, 1});
  const Network network = one_block_network({shape.resolution, 16, 6, shape.kernel, shape.stride, 24,
                                             Padding::same, true, Activation::swish, 32, 7});
  const auto flat = [](int flag) {
    return [flag](const Numbers& problem, Numbers& schedule) {
      schedule["strip_rows"] = problem.at("out_height");
      schedule["expand_columns"] = std::min(3, problem.at("width"));
      schedule["flat"] = flag;
    };
  };
  for (const CpuTarget& target : cpu_targets())
    for (const PrecisionTraits& type : precisions())
      if (runs_here(target))
        check_same_bits(network, target, type.precision, "expand_depthwise", flat(0), flat(1));
}

TEST_CASE("A projection that leaves out an empty half panel gives the same bits, and zeros in its lanes") {
  const int channels = GENERATE(8, 24, 40);
  const bool squeeze = GENERATE(true, false);
  // 24 channels: with a residual.
  const Network network =
      one_block_network({29, 24, 6, 3, 1, channels, Padding::same, squeeze, Activation::swish, 32, 7});
  const auto halves = [](int flag) {
    return [flag](const Numbers& problem, Numbers& schedule) {
      schedule["block_panels"] = schedule["tile_panels"] = panels(problem.at("out_channels"));
      schedule["tile_pixels"] = 2;
      schedule["block_pixels"] = (problem.at("pixels") + 1) / 2 * 2;
      schedule["halves"] = flag;
    };
  };
  for (const CpuTarget& target : cpu_targets()) {
    for (const PrecisionTraits& type : precisions()) {
      const bool fills_panels =
          type.precision == Precision::int8 || (type.precision == Precision::bf16 && target.name == "znver4");
      if (!runs_here(target) || fills_panels) continue;
      check_same_bits(network, target, type.precision, "project", halves(0), halves(1));
      const Run run = run_changed(network, target, type.precision, "project", halves(1));
      const Buffer& map = run.buffer("blocks.0.project");
      const int row = padded(channels);
      for (int at = channels; at < row; ++at) CHECK(run.value(map, at) == 0.0f);
    }
  }
}

}  // namespace effnet::test
