// Schedules of a step give the same bits: networks of one block under two of them.
#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "generators/operator.h"
#include "generators/target.h"
#include "models/element.h"
#include "models/packing.h"
#include "schedules/rows.h"
#include "tests/catch.h"
#include "tests/generators/block_run.h"
#include "tests/generators/one_block.h"
#include "tests/generators/step_checks.h"

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
Run run_changed(const Network& network, const Kind& kind, const std::string& operation,
                const Change& change) {
  const Result<Plan> plan = make_plan(network, {.target = kind.target, .precision = kind.precision});
  REQUIRE(plan.ok());
  ScheduleRows rows;
  std::vector<Numbers> schedules;
  for (const Kernel& kernel : plan->kernels) {
    if (kernel.operation != operation) continue;
    ScheduleRow row;
    row.problem = kernel.problem;
    row.schedule = kernel.schedule;
    change(kernel.problem, row.schedule);
    schedules.push_back(row.schedule);
    rows.add(operation, row);
  }
  Run run = compile_and_run(network, kind.target, kind.precision, &rows);
  std::vector<Numbers> used;
  for (const Kernel& kernel : run.plan.kernels)
    if (kernel.operation == operation) used.push_back(kernel.schedule);
  REQUIRE(used == schedules);  // none was refused
  return run;
}

// Whether LLVM fuses products and additions alike whatever stands around them. For ARM its machine combiner does so where
// it shortens the critical path: there schedules change last bits of float32.
bool fuses_alike(const Kind& kind) {
  return !kind.target.name.starts_with("arm") || kind.precision == Precision::int8;
}

// The second run, which equals the reference, too.
Run check_same_bits(const Network& network, const Kind& kind, const std::string& operation, const Change& one,
                    const Change& other) {
  INFO(kind.target.name << ", " << traits_of(kind.precision).name << ", resolution " << network.resolution);
  const Run a = run_changed(network, kind, operation, one);
  Run b = run_changed(network, kind, operation, other);
  check_steps(network, b);
  if (fuses_alike(kind)) {
    CHECK(a.logits == b.logits);
    CHECK(a.map("head", network.head.out).values == b.map("head", network.head.out).values);
  }
  return b;
}

// A projection as one task, by tiles of all panels and two pixels.
void set_one_task(const Numbers& problem, Numbers& schedule) {
  schedule["block_panels"] = schedule["tile_panels"] = panels(problem.at("out_channels"));
  schedule["tile_pixels"] = 2;
  schedule["block_pixels"] = (problem.at("pixels") + 1) / 2 * 2;
}

}  // namespace

TEST_CASE("An expansion by tiles of pixels gives the bits of one by rows") {
  struct Shape {
    int resolution, kernel, stride;
  };
  // Of the map between stem and block: a multiple of the tile, with a rest, smaller than the kernel.
  const Shape shape = GENERATE(Shape{29, 3, 1}, Shape{26, 5, 2}, Shape{7, 5, 1});
  const Network network = one_block_network({shape.resolution, 16, 6, shape.kernel, shape.stride, 24,
                                             Padding::same, true, Activation::swish, 32, 7});
  const auto flat = [](int flag) {
    return [flag](const Numbers& problem, Numbers& schedule) {
      schedule["strip_rows"] = problem.at("out_height");
      schedule["expand_columns"] = std::min(3, problem.at("width"));
      schedule["flat"] = flag;
    };
  };
  for (const Kind& kind : runnable_kinds())
    check_same_bits(network, kind, "expand_depthwise", flat(0), flat(1));
}

TEST_CASE("A projection that leaves out an empty half panel gives the same bits, and zeros in its lanes") {
  struct Output {
    int channels;
    bool squeeze;
  };
  // One whole panel (and a residual), none, two.
  const auto [channels, squeeze] = GENERATE(Output{24, true}, Output{8, false}, Output{40, true});
  const Network network =
      one_block_network({29, 24, 6, 3, 1, channels, Padding::same, squeeze, Activation::swish, 32, 7});
  const auto halves = [](int flag) {
    return [flag](const Numbers& problem, Numbers& schedule) {
      set_one_task(problem, schedule);
      schedule["halves"] = flag;
    };
  };
  for (const Kind& kind : runnable_kinds()) {
    const Machine& machine = kind.target.machine;  // what multiplies several inputs at once has no halves
    if ((kind.precision == Precision::int8 && machine.dot) ||
        (kind.precision == Precision::bf16 && machine.bf16))
      continue;
    const Run run = check_same_bits(network, kind, "project", halves(0), halves(1));
    const Buffer& map = run.buffer("blocks.0.project");
    const Shape& shape = network.blocks[0].project.out;
    int filled = 0;
    for (int pixel = 0; pixel < shape.height * shape.width; ++pixel)
      for (int c = channels; c < padded(channels); ++c)
        filled += run.value(map, pixel * padded(channels) + c) != 0;
    CHECK(filled == 0);
  }
}

TEST_CASE("A projection that prefetches its weights and its input gives the same bits") {
  const Network network =
      one_block_network({29, 24, 6, 3, 1, 24, Padding::same, true, Activation::swish, 32, 7});
  const auto prefetching = [](int flag) {
    return [flag](const Numbers& problem, Numbers& schedule) {
      set_one_task(problem, schedule);
      schedule["prefetch"] = schedule["prefetch_input"] = flag;
    };
  };
  for (const Kind& kind : runnable_kinds())
    check_same_bits(network, kind, "project", prefetching(0), prefetching(1));
}

TEST_CASE("Tiles that are activated together give the bits of tiles that are activated one by one") {
  struct Groups {
    std::string operation;
    int stride, flat, together;  // together: tiles, at most
  };
  // The block's rows are 15 columns: a group of all has a last tile that is shifted inwards, of two the last group is.
  const Groups groups = GENERATE(Groups{"stem", 1, 0, 100}, Groups{"depthwise", 1, 0, 2},
                                 Groups{"expand_depthwise", 2, 0, 100}, Groups{"expand_depthwise", 1, 1, 3});
  const int expansion = groups.operation == "depthwise" ? 1 : 6;
  const Network network = one_block_network(
      {29, 24, expansion, 3, groups.stride, 24, Padding::same, true, Activation::swish, 32, 7});
  const auto tiles = [&](int together) {
    return [&groups, together](const Numbers& problem, Numbers& schedule) {
      const int width = problem.at("out_width"), columns = 4;
      if (groups.operation == "stem") {
        schedule["columns"] = columns;
        schedule["group"] = fit_group(problem, together, columns, width);
        return;
      }
      schedule["depthwise_columns"] = columns;
      schedule["depthwise_group"] = fit_group(problem, together, columns, width);
      if (groups.operation == "depthwise") return;
      const int length = problem.at("width") * (groups.flat != 0 ? problem.at("height") : 1);
      schedule["strip_rows"] = problem.at("out_height");
      schedule["flat"] = groups.flat;
      schedule["block_panels"] = 3;  // of tiles of one
      schedule["expand_panels"] = schedule["depthwise_panels"] = 1;
      schedule["expand_columns"] = columns;
      schedule["expand_group"] = fit_group(problem, together, columns, length);
    };
  };
  for (const Kind& kind : runnable_kinds())
    check_same_bits(network, kind, groups.operation, tiles(1), tiles(groups.together));
}

TEST_CASE("A sum over channels gives the same bits however often its loop is unrolled") {
  using OperationAndNumber = std::pair<std::string, std::string>;
  const auto loop = GENERATE(OperationAndNumber{"project", "unroll"},
                             OperationAndNumber{"expand_depthwise", "expand_unroll"});
  const auto unrolled = [&](bool most) -> Change {
    return [&loop, most](const Numbers& problem, Numbers& schedule) {
      schedule[loop.second] = most ? unroll_values(problem).back() : 1;
    };
  };
  const Network network =
      one_block_network({29, 24, 4, 3, 1, 24, Padding::same, true, Activation::swish, 32, 7});
  for (const Kind& kind : runnable_kinds())
    check_same_bits(network, kind, loop.first, unrolled(false), unrolled(true));
}

TEST_CASE("Gates have the same bits however many of them a task computes") {
  const auto panels_a_task = [](int count) {
    return [count](const Numbers& problem, Numbers& schedule) {
      CHECK(panels(problem.at("channels")) == 6);
      schedule["block_panels"] = count;
    };
  };
  const Network network =
      one_block_network({29, 24, 4, 3, 1, 24, Padding::same, true, Activation::swish, 32, 7});
  for (const Kind& kind : runnable_kinds())
    check_same_bits(network, kind, "squeeze_excite", panels_a_task(6), panels_a_task(2));
}

TEST_CASE("What prefetches where it writes next gives the same bits") {
  const auto prefetching = [](int flag) {
    return [flag](const Numbers& /*problem*/, Numbers& schedule) { schedule["prefetch_output"] = flag; };
  };
  const std::string operation = GENERATE("stem", "depthwise", "expand_depthwise");
  const int expansion = operation == "depthwise" ? 1 : 6;
  const Network network =
      one_block_network({29, 24, expansion, 3, 1, 24, Padding::same, true, Activation::swish, 32, 7});
  for (const Kind& kind : runnable_kinds())
    check_same_bits(network, kind, operation, prefetching(0), prefetching(1));
}

}  // namespace effnet::test
