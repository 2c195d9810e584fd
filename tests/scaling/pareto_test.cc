// Fronts and the compromise on them.
#include "scaling/pareto.h"

#include "tests/catch.h"

namespace effnet {
namespace {

TEST_CASE("one candidate dominates another when it is no worse anywhere and better somewhere") {
  CHECK(dominates({1, 2}, {2, 2}));
  CHECK(dominates({1, 1}, {2, 2}));
  CHECK_FALSE(dominates({2, 2}, {2, 2}));
  CHECK_FALSE(dominates({1, 3}, {2, 2}));
}

TEST_CASE("the front holds what nothing dominates, equals with each other") {
  const std::vector<Costs> candidates = {{1, 9}, {3, 3}, {9, 1}, {4, 4}, {3, 3}, {9, 2}};
  CHECK(pareto_front(candidates) == std::vector<bool>{true, true, true, false, true, false});
  CHECK(pareto_front({{5}, {4}, {4}, {6}}) == std::vector<bool>{false, true, true, false});
  CHECK(pareto_front({}).empty());
}

TEST_CASE("the choice is the best of one objective, and the bend of a front of two") {
  const std::vector<Costs> one = {{5}, {4}, {4}, {6}};
  CHECK(balanced_choice(one, pareto_front(one)) == 1);
  const std::vector<Costs> two = {{0, 1000}, {1, 200}, {10, 0}, {2, 190}};
  CHECK(balanced_choice(two, pareto_front(two)) == 1);
}

TEST_CASE("the scale of an objective does not change the choice, nor do candidates behind the front") {
  const std::vector<Costs> metres = {{0, 10}, {4, 4}, {10, 0}},
                           millimetres = {{0, 10}, {4000, 4}, {10000, 0}},
                           more = {{0, 10}, {4, 4}, {10, 0}, {1000, 1000}};
  for (const auto& costs : {metres, millimetres, more})
    CHECK(balanced_choice(costs, pareto_front(costs)) == 1);
}

}  // namespace
}  // namespace effnet
