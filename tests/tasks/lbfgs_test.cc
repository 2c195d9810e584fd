#include "tasks/lbfgs.h"

#include <cmath>

#include "tests/catch.h"

namespace effnet::test {
namespace {

int steps_until_it_ends(Lbfgs& minimiser, int most) {
  int steps = 0;
  while (steps < most && minimiser.step()) ++steps;
  return steps;
}

TEST_CASE("L-BFGS finds the minimum of a badly scaled quadratic") {
  const auto quadratic = [](std::span<const double> x, std::span<double> gradient) {
    double value = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double weight = std::pow(10.0, static_cast<double>(i % 5)), off = x[i] - static_cast<double>(i);
      value += weight * off * off / 2;
      gradient[i] = weight * off;
    }
    return value;
  };
  Lbfgs minimiser(quadratic, std::vector<double>(20));
  CHECK(steps_until_it_ends(minimiser, 200) < 100);
  for (std::size_t i = 0; i < 20; ++i) CHECK(minimiser.x()[i] == Approx(static_cast<double>(i)).margin(1e-4));
}

TEST_CASE("L-BFGS follows Rosenbrock's curved valley") {
  const auto rosenbrock = [](std::span<const double> x, std::span<double> gradient) {
    const double a = 1 - x[0], b = x[1] - x[0] * x[0];
    gradient[0] = -2 * a - 400 * x[0] * b;
    gradient[1] = 200 * b;
    return a * a + 100 * b * b;
  };
  Lbfgs minimiser(rosenbrock, {-1.2, 1});
  CHECK(steps_until_it_ends(minimiser, 200) < 100);
  CHECK(minimiser.x()[0] == Approx(1).margin(1e-4));
  CHECK(minimiser.x()[1] == Approx(1).margin(1e-4));
}

TEST_CASE("L-BFGS never makes the value larger, and ends where there is nothing to gain") {
  const auto quartic = [](std::span<const double> x, std::span<double> gradient) {
    gradient[0] = 4 * x[0] * x[0] * x[0];
    return x[0] * x[0] * x[0] * x[0];
  };
  Lbfgs minimiser(quartic, {10});
  double before = minimiser.value();
  while (minimiser.step()) {
    CHECK(minimiser.value() < before);
    before = minimiser.value();
  }
  CHECK(std::abs(minimiser.x()[0]) < 0.02);
  CHECK_FALSE(minimiser.step());
}

TEST_CASE("L-BFGS stays where it is when values are no numbers") {
  const auto broken = [](std::span<const double> x, std::span<double> gradient) {
    gradient[0] = 1;
    return x[0] == 0 ? 0 : std::nan("");
  };
  Lbfgs minimiser(broken, {0});
  CHECK_FALSE(minimiser.step());
  CHECK(minimiser.x()[0] == 0);
}

}  // namespace
}  // namespace effnet::test
