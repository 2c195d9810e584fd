#include "tasks/imprint.h"

#include <cmath>

#include "tasks/evaluation.h"
#include "tests/catch.h"

namespace effnet::test {
namespace {

// Directions of classes 0 and 1 in the plane; lengths do not count.
const Features plane = {2, {2, 0, 3, 1, 0, 5, 0.1F, 0.9F}};
const std::vector<int> labels = {0, 0, 1, 1};

TEST_CASE("an imprinted head holds the mean directions of the classes, all of one length") {
  const LinearHead head = imprint(plane, labels, 2);
  CHECK(head.classes == 2);
  CHECK(head.features == 2);
  CHECK(head.bias == std::vector<float>{0, 0});
  const double x = 1 + 3 / std::sqrt(10), y = 1 / std::sqrt(10);
  CHECK(head.weight[1] / head.weight[0] == Approx(y / x));
  CHECK(std::hypot(head.weight[0], head.weight[1]) == Approx(std::hypot(head.weight[2], head.weight[3])));
}

TEST_CASE("scores of an imprinted head rank like cosines, whatever the length of the features") {
  const LinearHead head = imprint(plane, labels, 2);
  for (const float size : {0.01F, 1.0F, 1000.0F}) {
    CHECK(best_class(scores(head, std::vector<float>{size, 0.2F * size})) == 0);
    CHECK(best_class(scores(head, std::vector<float>{0.2F * size, size})) == 1);
  }
}

TEST_CASE("one picture a class is enough") {
  const Features two = {2, {1, 0, 0, 1}};
  const LinearHead head = imprint(two, std::vector<int>{1, 0}, 2);
  CHECK(best_class(scores(head, two.row(0))) == 1);
  CHECK(best_class(scores(head, two.row(1))) == 0);
}

TEST_CASE("features that are all zero are no class's") {
  const LinearHead head = imprint({2, {0, 0, 1, 1}}, std::vector<int>{0, 1}, 2);
  for (const float weight : head.weight) CHECK(std::isfinite(weight));
}

TEST_CASE("left out, a row is judged by the others alone") {
  const std::vector<double> rows = imprint_scores_without_each(plane, labels, 2);
  REQUIRE(rows.size() == 8);
  CHECK(rows[0] == Approx(20 * 3 / std::sqrt(10)));  // the cosine with the class's other row
  CHECK(rows[0] > rows[1]);
  const std::vector<double> alone = imprint_scores_without_each(plane, std::vector<int>{0, 1, 1, 1}, 2);
  CHECK(best_class(std::span(alone).first(2)) == 1);  // nothing is left of its own class
}

}  // namespace
}  // namespace effnet::test
