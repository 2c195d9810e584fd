#include "tasks/search.h"

#include <cmath>

#include "tests/catch.h"

namespace effnet {
namespace {

const Features index = {2, {1, 0, 0, 5, 3, 3, 0, 0, -2, 0}};

TEST_CASE("the nearest rows have the highest cosine, whatever their length") {
  const std::vector<Neighbour> found = nearest(index, std::vector<float>{10, 1}, 2);
  REQUIRE(found.size() == 2);
  CHECK(found[0].row == 0);
  CHECK(found[0].cosine == Approx(10 / std::sqrt(101)));
  CHECK(found[1].row == 2);
}

TEST_CASE("there are no more neighbours than rows; equal ones come in their order, zeros like strangers") {
  const std::vector<Neighbour> all = nearest(index, std::vector<float>{0, 1}, 100);
  REQUIRE(all.size() == 5);
  CHECK(all[0].row == 1);
  CHECK(all[1].row == 2);
  CHECK(all[2].row == 0);
  CHECK(all[3].row == 3);
  CHECK(all[4].row == 4);
  CHECK(all[3].cosine == 0);
  CHECK(nearest({2, {}}, std::vector<float>{0, 1}, 5).empty());
}

}  // namespace
}  // namespace effnet
