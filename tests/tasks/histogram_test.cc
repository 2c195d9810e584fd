#include "tasks/histogram.h"

#include <algorithm>
#include <cmath>
#include <random>

#include "tests/catch.h"
#include "tests/tasks/histogram_of.h"

namespace effnet::test {
namespace {

using Floats = std::vector<float>;

Floats normal_numbers(std::size_t count, unsigned seed, float spread) {
  std::mt19937 random(seed);
  Floats values(count);
  for (float& value : values) {
    float sum = 0;
    for (int i = 0; i < 12; ++i) sum += static_cast<float>(random()) * 0x1p-32F;
    value = spread * (sum - 6);
  }
  return values;
}

void check_equal(const Histogram& a, const Histogram& b) {
  CHECK(a.minimum() == b.minimum());
  CHECK(a.maximum() == b.maximum());
  CHECK(a.total() == b.total());
  CHECK(a.zeros() == b.zeros());
  const std::vector<Histogram::Bin> left = a.bins(), right = b.bins();
  REQUIRE(left.size() == right.size());
  for (std::size_t i = 0; i < left.size(); ++i) {
    CHECK(left[i].begin == right[i].begin);
    CHECK(left[i].end == right[i].end);
    CHECK(left[i].count == right[i].count);
  }
}

TEST_CASE("every value is counted in the bin that holds it") {
  const Floats values = {-0.28F, 0, 0, 1, 1.5F, 33};
  const Histogram histogram = histogram_of(values);
  CHECK(histogram.minimum() == -0.28F);
  CHECK(histogram.maximum() == 33);
  CHECK(histogram.total() == 6);
  CHECK(histogram.zeros() == 2);
  std::int64_t counted = 0;
  for (const Histogram::Bin& bin : histogram.bins()) {
    const bool last = bin.end == 33;
    CHECK(bin.count == std::count_if(values.begin(), values.end(),
                                     [&](float v) { return v >= bin.begin && (v < bin.end || last); }));
    counted += bin.count;
  }
  CHECK(counted == 6);
}

TEST_CASE("bins are fine: more than 2048 over the range") {
  for (const float highest : {0.001F, 5.9F, 6.1F, 900.0F}) {
    Histogram histogram = histogram_of({-0.3F * highest, highest});
    const Histogram::Bin first = histogram.bins().front();
    CHECK((first.end - first.begin) * 2048 < 1.3 * static_cast<double>(highest));
  }
}

TEST_CASE("neither the order of values nor how they were shared out changes a bin") {
  Floats small = normal_numbers(5000, 1, 0.01F), middle = normal_numbers(3000, 2, 1),
         large = normal_numbers(2000, 3, 700);
  Floats all = small;
  for (const Floats* more : {&middle, &large}) all.insert(all.end(), more->begin(), more->end());
  const Histogram whole = histogram_of(all);
  std::vector<Floats> parts = {small, middle, large};
  std::sort(parts.begin(), parts.end());
  do {
    Histogram merged, grown;
    for (const Floats& part : parts) {
      merged.merge(histogram_of(part));
      const auto [lowest, highest] = std::minmax_element(part.begin(), part.end());
      grown.widen(*lowest, *highest);
      grown.count(part);
    }
    check_equal(merged, whole);
    check_equal(grown, whole);
  } while (std::next_permutation(parts.begin(), parts.end()));
}

TEST_CASE("values that are all the same, all zero, or as far apart as floats can be have histograms") {
  const Histogram same = histogram_of({3, 3, 3});
  REQUIRE(same.bins().size() == 1);
  CHECK(same.bins()[0].begin == 3);
  CHECK(same.bins()[0].end == 3);
  CHECK(same.bins()[0].count == 3);
  Histogram zeros = histogram_of({0, -0.0F});
  CHECK(zeros.zeros() == 2);
  zeros.merge(histogram_of({3e38F, -3e38F}));
  zeros.merge(histogram_of({1e-38F}));
  CHECK(zeros.total() == 5);
  std::int64_t counted = 0;
  for (const Histogram::Bin& bin : zeros.bins()) counted += bin.count;
  CHECK(counted == 5);
  CHECK(Histogram().bins().empty());
}

}  // namespace
}  // namespace effnet::test
