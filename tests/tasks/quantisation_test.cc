#include "tasks/quantisation.h"

#include <algorithm>
#include <cmath>
#include <random>

#include "tests/catch.h"
#include "tests/tasks/histogram_of.h"

namespace effnet::test {
namespace {

using Floats = std::vector<float>;

// 0, 1/n ... 1 of the line from `lowest` to `highest`.
Floats even_numbers(float lowest, float highest, int n = 100000) {
  Floats values;
  for (int i = 0; i <= n; ++i)
    values.push_back(lowest + (highest - lowest) * static_cast<float>(i) / static_cast<float>(n));
  return values;
}

// exp(-x), as a sample: most values are small, few are large.
Floats exponential_numbers(int n = 200000) {
  Floats values;
  for (int i = 0; i < n; ++i) values.push_back(static_cast<float>(-std::log((i + 0.5) / n)));
  return values;
}

// By the definition, value by value.
double exact_loss(const Floats& values, const Steps& steps) {
  double noise = 0, signal = 0;
  for (const double value : values) {
    const double step = std::clamp(std::nearbyint(value / steps.scale) + steps.zero_point, 0.0, 255.0);
    const double error = value - (step - steps.zero_point) * steps.scale;
    noise += error * error;
    signal += value * value;
  }
  return noise / signal;
}

TEST_CASE("0 is a step of every range, also of those that leave it out") {
  for (const Range range : {Range{-1, 3}, {-0.2785, 17.3}, {2, 5}, {-5, -2}, {0, 6}, {-6, 0}}) {
    INFO(range.lowest << " " << range.highest);
    const Steps steps = steps_of(range);
    REQUIRE(steps.zero_point >= 0);
    REQUIRE(steps.zero_point <= 255);
    const double first = -steps.zero_point * static_cast<double>(steps.scale),
                 last = (255 - steps.zero_point) * static_cast<double>(steps.scale);
    CHECK(first <= 0);
    CHECK(last >= 0);
    CHECK(std::abs(first - std::min(0.0, range.lowest)) <= 0.51 * steps.scale);
    CHECK(std::abs(last - std::max(0.0, range.highest)) <= 0.51 * steps.scale);
  }
  CHECK(steps_of({0, 6}).zero_point == 0);
  CHECK(steps_of({-6, 0}).zero_point == 255);
  CHECK(steps_of({0, 255}).scale == 1);
}

TEST_CASE("rounding takes the nearest step, the first and the last one for what lies outside") {
  Floats values = {-9, -1, -0.3F, 0, 0.2F, 0.74F, 0.76F, 127, 900};
  round_to_steps(values, {0.5F, 2});
  CHECK(values == Floats{-1, -1, -0.5F, 0, 0, 0.5F, 1, 126.5F, 126.5F});
}

TEST_CASE("a percentile leaves out the outermost values at either end") {
  const Histogram histogram = histogram_of(even_numbers(-1, 3));
  const Range range = percentile_range(histogram, 99);
  CHECK(range.lowest == Approx(-0.96).margin(0.003));
  CHECK(range.highest == Approx(2.96).margin(0.003));
  const Range all = percentile_range(histogram, 100);
  CHECK(all.lowest == -1);
  CHECK(all.highest == 3);
  // Of exp(-x), the share exp(-x) lies above x.
  CHECK(percentile_range(histogram_of(exponential_numbers()), 99.9).highest == Approx(6.908).epsilon(0.002));
}

TEST_CASE("where nearly all values are 0 a percentile still has a range") {
  Floats values(100000);
  values[7] = -2;
  const Range range = choose_range(histogram_of(values), RangeMethod::percentile, 99.9);
  CHECK(range.lowest == -2);
  CHECK(range.highest == 0);
}

TEST_CASE("the loss is what rounding and clipping change, to the values' power") {
  const Floats even = even_numbers(-1, 3), exponential = exponential_numbers();
  for (const Floats* values : {&even, &exponential})
    for (const Range range : {Range{-1, 3}, {-1, 2}, {-0.1, 3}, {0, 12}, {0, 0.5}}) {
      INFO(range.lowest << " " << range.highest);
      const Steps steps = steps_of(range);
      CHECK(quantisation_loss(histogram_of(*values), steps) ==
            Approx(exact_loss(*values, steps)).epsilon(0.01));
    }
}

TEST_CASE("values that are exactly 0, or the largest, lose nothing") {
  Floats values = even_numbers(0, 6, 1000);
  values.insert(values.end(), 9000, 0.0F);
  values.insert(values.end(), 9000, 6.0F);
  const Steps steps = steps_of({0, 6});
  CHECK(quantisation_loss(histogram_of(values), steps) == Approx(exact_loss(values, steps)).epsilon(0.02));
  CHECK(quantisation_loss(histogram_of({0, 0, 0}), steps) == 0);
}

TEST_CASE("the range of least error is that of a search over all values") {
  Floats values = even_numbers(0, 2);
  values.push_back(8);  // rounding the many against clipping the one
  const Histogram histogram = histogram_of(values);
  double least = 1e9;
  for (double highest = 1; highest <= 8; highest += 0.01)
    least = std::min(least, exact_loss(values, steps_of({0, highest})));
  const Range found = least_error_range(histogram);
  CHECK(found.lowest >= 0);
  CHECK(found.highest < 7.5);
  CHECK(exact_loss(values, steps_of(found)) == Approx(least).epsilon(0.02));
}

TEST_CASE("a few far values do not take the steps from all others, except where every value has to stay") {
  Floats values = even_numbers(-0.3F, 2);
  values.push_back(40);
  const Histogram histogram = histogram_of(values);
  CHECK(whole_range(histogram).highest == 40);
  CHECK(percentile_range(histogram, 99.99).highest < 2.1);
  const double clipped = quantisation_loss(histogram, steps_of(least_error_range(histogram)));
  CHECK(clipped < quantisation_loss(histogram, steps_of(whole_range(histogram))));
  CHECK(clipped <= quantisation_loss(histogram, steps_of(percentile_range(histogram, 99.99))));
}

}  // namespace
}  // namespace effnet::test
