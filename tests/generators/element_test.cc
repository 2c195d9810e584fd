// Element types in kernels by themselves, compiled in memory.
#include "generators/common/element.h"

#include <cmath>

#include "tests/catch.h"

namespace effnet::test {
namespace {

struct Steps {
  double scale, zero;
};

Halide::Func affine_of(const Steps& steps) {
  Halide::Buffer<float> numbers(panel_lanes);
  numbers.fill(0);
  numbers(0) = static_cast<float>(steps.scale);
  numbers(1) = static_cast<float>(steps.zero);
  numbers(2) = 1 / numbers(0);
  return Halide::Func(numbers);
}

TEST_CASE("A gate makes steps of one map of those of another, whatever the ratio of their sizes") {
  const double ratio = GENERATE(0.3, 1.0, 1.5, 2.0, 5.0, 90.0, 128.0);
  const Steps from{0.02, GENERATE(0.0, 53.0, 255.0)}, to{0.02 / ratio, GENERATE(0.0, 51.0)};
  constexpr int gates = 257;  // 0 to 1
  Halide::Var stored("stored"), g("g");
  const MapStorage wide(Element::u8, affine_of(from)), gated(Element::u8, affine_of(to));
  Halide::Func factors("factors"), result("result");
  factors(g) = gated.gate_factor(wide, Halide::cast<float>(g) / float{gates - 1});
  factors.compute_root();
  result(stored, g) = gated.write_gated(wide, Halide::cast<std::uint8_t>(stored), factors(g));
  result.vectorize(stored, panel_lanes);
  const Halide::Buffer<std::int16_t> got = result.realize({256, gates});

  const int bits = std::max(0, static_cast<int>(std::ceil(std::log2(ratio) - 1e-6)));
  for (int i = 0; i < gates; ++i)
    for (int x = 0; x < 256; ++x) {
      const double gate = i / (gates - 1.0);
      const double wanted = std::clamp((x - from.zero) * gate * ratio + to.zero, 0.0, 255.0);
      // Half a step, and what a unit of the fraction adds: all of it for a gate of 1, which has no room.
      const double error = 0.5 + std::abs(x - from.zero) * std::ldexp(i == gates - 1 ? 1 : 0.51, bits - 15);
      INFO("ratio " << ratio << ", step " << x << " of zero point " << from.zero << ", gate " << gate);
      REQUIRE(got(x, i) >= 0);
      REQUIRE(got(x, i) <= 255);
      REQUIRE(std::abs(got(x, i) - wanted) <= error + 1e-3);
    }
}

TEST_CASE("A value is rounded to the nearest step, halves to even, and beyond the last ones to these") {
  const Steps steps{0.25, 10};
  const MapStorage map(Element::u8, affine_of(steps));
  const std::vector<std::pair<float, int>> cases = {
      {0, 10},        {0.25f, 11},     {0.124f, 10},  {0.126f, 11}, {0.125f, 10},
      {0.375f, 12},   {-2.5f, 0},      {-2.6f, 0},    {-1e30f, 0},  {61.25f, 255},
      {61.375f, 255}, {1e6f, 255},     {1e30f, 255},  {-1e9f, 0},   {3e9f, 255},
      {-INFINITY, 0}, {INFINITY, 255}, {-0.125f, 10}, {-0.375f, 8}, {8388608.0f, 255},
  };
  const int count = static_cast<int>(cases.size());
  Halide::Buffer<float> values(count);
  for (int i = 0; i < count; ++i) values(i) = cases[i].first;
  Halide::Var i("i");
  Halide::Func result("result");
  result(i) = map.write(values(i));
  result.vectorize(i, panel_lanes, Halide::TailStrategy::GuardWithIf);
  const Halide::Buffer<std::uint8_t> got = result.realize({count});
  for (int c = 0; c < count; ++c) {
    INFO(cases[c].first);
    CHECK(static_cast<int>(got(c)) == cases[c].second);
  }
}

}  // namespace
}  // namespace effnet::test
