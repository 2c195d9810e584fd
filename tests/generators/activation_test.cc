// Activations by themselves, compiled in memory.
#include "generators/common/activation.h"

#include <cmath>
#include <vector>

#include "generators/common/multiply_adds.h"
#include "tests/catch.h"

namespace effnet::test {
namespace {

// f of the values, by vectors. `fused`: as kernels are compiled for targets that multiply and add in one instruction.
template <typename Function>
std::vector<float> evaluated(const std::vector<float>& values, bool fused, Function f) {
  Halide::Buffer<float> in(const_cast<float*>(values.data()), static_cast<int>(values.size()));
  Halide::Var i("i");
  Halide::Func result("result");
  result(i) = f(Halide::Func(in)(i));
  result.vectorize(i, 8);
  if (fused) result.add_custom_lowering_pass(allow_multiply_adds().release());
  const Halide::Buffer<float> out = result.realize({in.width()});
  return {out.begin(), out.begin() + in.width()};
}

// Evenly from -most to most, and beyond up to 1e10.
std::vector<float> arguments(double most, int count) {
  std::vector<float> values;
  for (int i = 0; i < count; ++i) values.push_back(static_cast<float>(most * (2.0 * i / (count - 1) - 1)));
  for (double v = most; v < 1e10; v *= 1.37)
    for (const double sign : {-1.0, 1.0}) values.push_back(static_cast<float>(sign * v));
  return values;
}

double exact_sigmoid(double v) { return 1 / (1 + std::exp(-v)); }

}  // namespace

TEST_CASE("Swish is right to 3e-7, relative above 1, and 1e-7 on average, for any argument up to 1e10") {
  const bool fused = GENERATE(false, true);
  const std::vector<float> v = arguments(20, 400001);
  const std::vector<float> got = evaluated(v, fused, [](const Halide::Expr& e) { return swish(e); });
  double worst = 0, total = 0;
  for (std::size_t i = 0; i < v.size(); ++i) {
    const double wanted = v[i] * exact_sigmoid(v[i]);
    const double error = std::abs(got[i] - wanted) / std::max(1.0, std::abs(wanted));
    worst = std::max(worst, error);
    total += error;
  }
  CHECK(worst < 3e-7);
  CHECK(total / static_cast<double>(v.size()) < 1e-7);
}

TEST_CASE("A gate is right to 2e-7, at most 1, and never so small that what it multiplies is subnormal") {
  const bool fused = GENERATE(false, true);
  const std::vector<float> v = arguments(100, 400001);
  const std::vector<float> got = evaluated(v, fused, [](const Halide::Expr& e) { return sigmoid(e); });
  for (std::size_t i = 0; i < v.size(); ++i) {
    INFO(v[i]);
    REQUIRE(std::abs(got[i] - exact_sigmoid(v[i])) < 2e-7);
    REQUIRE(got[i] >= 2e-18F);
    REQUIRE(got[i] <= 1);
  }
}

}  // namespace effnet::test
