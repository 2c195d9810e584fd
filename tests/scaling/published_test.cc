// The published networks against the exact rule.
#include "scaling/published.h"

#include <cmath>

#include "scaling/tables.h"
#include "tests/catch.h"

namespace effnet {
namespace {

TEST_CASE("B0-B7 stand beside the networks of the exact rule") {
  const Result<std::vector<PublishedComparison>> rows = compare_published();
  REQUIRE(rows);
  REQUIRE(rows->size() == 8);
  for (const PublishedComparison& row : *rows) {
    INFO(row.published.name);
    CHECK(row.exact.depth == Approx(std::pow(1.2, row.phi)));
    CHECK(row.exact.width == Approx(std::pow(1.1, row.phi)));
    CHECK(std::abs(row.exact.resolution - 224 * std::pow(1.15, row.phi)) <= 2);
    // The fit of the exponents is one: no factor of any network is further off.
    CHECK(row.published.depth / row.exact.depth == Approx(1).margin(0.14));
    CHECK(row.published.width / row.exact.width == Approx(1).margin(0.06));
    CHECK(row.published.resolution / static_cast<double>(row.exact.resolution) == Approx(1).margin(0.06));
  }
  CHECK(rows->front().exact_parameters == 5288548);
  CHECK(rows->back().published_parameters == 66347960);
}

TEST_CASE("the comparison is a table with a line a network") {
  const std::string text = published_text(*compare_published());
  CHECK(std::count(text.begin(), text.end(), '\n') == 10);
  CHECK_THAT(text, Catch::Contains("B7       |   3.10  2.00    600   66.348"));
}

}  // namespace
}  // namespace effnet
