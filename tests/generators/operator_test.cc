// Every operator against a plain double precision reference: networks of one block on awkward shapes,
// compiled for every target that this CPU or an emulator runs, each step compared on the very inputs that it had.
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "generators/target.h"
#include "models/element.h"
#include "models/network.h"
#include "models/packing.h"
#include "tests/catch.h"
#include "tests/generators/block_run.h"
#include "tests/generators/one_block.h"
#include "tests/generators/step_checks.h"

namespace effnet::test {
namespace {

const std::vector<OneBlock> shapes = {
    // resolution, stem, ratio, k, s, out, padding, squeeze-excite, activation, head, classes
    {9, 8, 6, 3, 1, 8, Padding::symmetric, true, Activation::swish, 24, 5},
    {2, 24, 6, 5, 1, 24, Padding::same, true, Activation::swish, 40, 17},  // a map of 1 x 1
    {33, 40, 1, 3, 1, 24, Padding::symmetric, true, Activation::swish, 64, 16},
    {33, 16, 1, 3, 1, 16, Padding::symmetric, true, Activation::swish, 32,
     4},  // a residual without an expansion
    {30, 16, 6, 5, 2, 40, Padding::same, false, Activation::relu6, 80, 10},
    {31, 24, 6, 5, 2, 112, Padding::symmetric, true, Activation::swish, 48, 33},
    {62, 8, 6, 3, 2, 16, Padding::same, true, Activation::swish, 16, 1},
    {75, 32, 1, 5, 2, 8, Padding::same, false, Activation::relu6, 32, 3},
    {38, 56, 6, 3, 1, 56, Padding::symmetric, false, Activation::relu6, 8, 100},
};

// The head's map as it follows from exact sums of integers: nothing else is rounded before it becomes float32.
void check_exact_sums(const CpuTarget& target) {
  // More inputs than in any EfficientNet of the list; sums below 2^24.
  const Network network =
      one_block_network({9, 8, 6, 3, 1, 392, Padding::same, false, Activation::none, 40, 3});
  const Run r = compile_and_run(network, target, Precision::int8);
  const Buffer &in = r.buffer("blocks.0.project"), &out = r.buffer("head");
  const FloatTensor &weight = r.file.at("head.weight"), &scale = r.file.at("head.scale"),
                    &bias = r.file.at("head.bias");
  const auto* memory = reinterpret_cast<const unsigned char*>(r.arena.data());
  const auto* steps = memory + in.offset;
  const auto* results = reinterpret_cast<const float*>(memory + out.offset);
  const int inputs = network.head.in.channels, outputs = network.head.out.channels;
  const float map_scale = r.file.at("blocks.0.project.affine").values[0];
  int distinct = 0;
  for (int pixel = 0; pixel < network.head.in.width * network.head.in.height; ++pixel)
    for (int c = 0; c < outputs; ++c) {
      std::int64_t sum = 0;
      for (int k = 0; k < inputs; ++k)
        sum += steps[pixel * padded(inputs) + k] *
               static_cast<int>(weight.values[((c / 16 * (inputs / 4) + k / 4) * 16 + c % 16) * 4 + k % 4]);
      REQUIRE(std::abs(sum) < 1 << 24);
      const float factor = scale.values[c] * map_scale;
      const auto value = [&](std::int64_t s) {
        return target.machine.fma ? std::fma(static_cast<float>(s), factor, bias.values[c])
                                  : static_cast<float>(s) * factor + bias.values[c];
      };
      REQUIRE(results[pixel * padded(outputs) + c] == value(sum));
      distinct += value(sum) != value(sum + 1) && value(sum) != value(sum - 1);
    }
  CHECK(distinct >
        0.99 * network.head.in.width * network.head.in.height * outputs);  // another sum would be seen
}

}  // namespace

TEST_CASE("Every operator equals the reference on awkward shapes, for every type and target that runs here") {
  for (const auto& [target, precision] : runnable_kinds()) {
    for (const OneBlock& shape : shapes) {
      INFO(target.name << ", " << traits_of(precision).name << ", resolution " << shape.resolution << ", "
                       << shape.stem_channels << " channels, kernel " << shape.kernel << ", stride "
                       << shape.stride);
      const Network network = one_block_network(shape);
      check_steps(network, compile_and_run(network, target, precision));
    }
  }
}

TEST_CASE("A block that is kept in float32 equals the reference between steps of integers") {
  Network network = one_block_network({30, 16, 6, 5, 2, 40, Padding::same, true, Activation::swish, 80, 10});
  keep_blocks(network, {"blocks.0"});
  for (const CpuTarget& target : runnable_targets()) {
    INFO(target.name);
    const Run run = compile_and_run(network, target, Precision::int8);
    CHECK(run.buffer("stem").element == Element::f32);
    CHECK(run.buffer("blocks.0.depthwise").element == Element::f32);
    CHECK(run.buffer("blocks.0.project").element == Element::u8);
    check_steps(network, run);
  }
}

TEST_CASE("Sums of 8 bit integers are exact to the last bit, on every target") {
  for (const CpuTarget& target : runnable_targets()) {
    INFO(target.name);
    check_exact_sums(target);
  }
}

}  // namespace effnet::test
