#include "base/statistics.h"

#include "tests/catch.h"

using namespace effnet;

TEST_CASE("The median is the middle value, of an even number the mean of two") {
  CHECK(median({3, 1, 2}) == 2);
  CHECK(median({4, 1, 3, 2}) == 2.5);
  CHECK(median({7}) == 7);
  CHECK(median({}) == 0);
}

TEST_CASE("A quantile is a value that its share of all do not exceed") {
  CHECK(quantile({5, 3, 1, 4, 2}, 0.6) == 3);
  CHECK(quantile({5, 3, 1, 4, 2}, 0.61) == 4);
  CHECK(quantile({5, 3, 1, 4, 2}, 0) == 1);
  CHECK(quantile({5, 3, 1, 4, 2}, 1) == 5);
  CHECK(quantile({}, 0.95) == 0);
}
