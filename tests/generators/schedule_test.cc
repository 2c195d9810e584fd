// Schedules of a step give the same bits: networks of one block under two of them.
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

}  // namespace effnet::test
