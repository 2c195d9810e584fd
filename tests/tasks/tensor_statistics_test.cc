#include "tasks/tensor_statistics.h"

#include <cmath>
#include <limits>

#include "tests/catch.h"

namespace effnet::test {
namespace {

constexpr float nan = std::numeric_limits<float>::quiet_NaN();

// Two pixels of two channels; what lies behind the channels is never looked at.
TensorView view_of(const std::string& name, const std::vector<float>& values) {
  return {name, values.data(), values.size() / 3, 2, 3};
}

TEST_CASE("statistics are of all values, the means of every channel") {
  NetworkStatistics statistics;
  REQUIRE(statistics.add(view_of("stem", {1, -4, nan, 2, 8, nan})).ok());
  REQUIRE(statistics.add(view_of("head", {5, 5, nan})).ok());
  REQUIRE(statistics.add(view_of("stem", {6, 2, nan})).ok());
  REQUIRE(statistics.tensors().size() == 2);
  const TensorStatistics& stem = statistics.tensors()[0];
  CHECK(stem.name == "stem");
  CHECK(stem.histogram.minimum() == -4);
  CHECK(stem.histogram.maximum() == 8);
  CHECK(stem.histogram.total() == 6);
  CHECK(stem.pixels == 3);
  CHECK(stem.means() == std::vector<double>{3, 2});
  CHECK(statistics.tensors()[1].name == "head");
}

TEST_CASE("statistics of parts join to those of the whole") {
  const std::vector<float> first = {1, -4, 0, 2, 8, 0}, second = {6, 2, 0};
  NetworkStatistics whole, a, b;
  REQUIRE(whole.add(view_of("stem", first)).ok());
  REQUIRE(whole.add(view_of("stem", second)).ok());
  REQUIRE(a.add(view_of("stem", first)).ok());
  REQUIRE(b.add(view_of("stem", second)).ok());
  NetworkStatistics joined;
  joined.merge(a);
  joined.merge(b);
  CHECK(joined.tensors()[0].means() == whole.tensors()[0].means());
  CHECK(joined.tensors()[0].pixels == 3);
  CHECK(joined.tensors()[0].histogram.bins().size() == whole.tensors()[0].histogram.bins().size());
}

TEST_CASE("a value that is no number is an error that names the tensor") {
  for (const float value : {nan, std::numeric_limits<float>::infinity()}) {
    NetworkStatistics statistics;
    const Status status = statistics.add(view_of("blocks.3.expand", {1, value, 0}));
    REQUIRE_FALSE(status.ok());
    CHECK(status.message().find("'blocks.3.expand'") != std::string::npos);
    CHECK(statistics.tensors().empty());
  }
}

}  // namespace
}  // namespace effnet::test
