#include "tasks/evaluation.h"

#include <cmath>

#include "tests/catch.h"

namespace effnet::test {
namespace {

TEST_CASE("accuracy, precision, recall and F1 of a confusion matrix") {
  Confusion confusion(3);
  confusion.at(0, 0) = 8;
  confusion.at(0, 1) = 2;
  confusion.at(1, 1) = 6;
  confusion.at(1, 0) = 4;
  CHECK(confusion.total() == 20);
  CHECK(confusion.of_class(0) == 10);
  CHECK(confusion.predicted_as(0) == 12);
  CHECK(accuracy(confusion) == Approx(0.7));
  const ClassQuality first = class_quality(confusion, 0);
  CHECK(first.precision == Approx(8.0 / 12));
  CHECK(first.recall == Approx(0.8));
  CHECK(first.f1 == Approx(2 * (8.0 / 12) * 0.8 / (8.0 / 12 + 0.8)));
  const ClassQuality unseen = class_quality(confusion, 2);
  CHECK(unseen.precision == 0);
  CHECK(unseen.recall == 0);
  CHECK(unseen.f1 == 0);
  CHECK(accuracy(Confusion(2)) == 0);
}

TEST_CASE("ranks count what comes before; equal scores in the order of classes") {
  const std::vector<double> scores = {1, 3, 2, 3};
  CHECK(best_class(scores) == 1);
  CHECK(rank_of(scores, 1) == 0);
  CHECK(rank_of(scores, 3) == 1);
  CHECK(rank_of(scores, 2) == 2);
  CHECK(rank_of(scores, 0) == 3);
}

TEST_CASE("cross-entropy of scores that are too large for exp()") {
  CHECK(cross_entropy(std::vector<double>{0, std::log(3.0)}, 0) == Approx(std::log(4.0)));
  CHECK(cross_entropy(std::vector<double>{2000, 0}, 1) == Approx(2000));
  CHECK(cross_entropy(std::vector<double>{2000, 0}, 0) == Approx(0).margin(1e-12));
}

TEST_CASE("evaluate counts and averages over all rows") {
  const Evaluation seen = evaluate(std::vector<double>{1, 0, 0, 1, 2, 0}, std::vector<int>{0, 0, 1}, 2);
  CHECK(seen.confusion.at(0, 0) == 1);
  CHECK(seen.confusion.at(0, 1) == 1);
  CHECK(seen.confusion.at(1, 0) == 1);
  const double near = std::log(1 + std::exp(-1)), far = 1 + near, farther = std::log(1 + std::exp(-2)) + 2;
  CHECK(seen.loss == Approx((near + far + farther) / 3));
  const Evaluation weighted = evaluate(std::vector<double>{1, 0, 0, 1, 2, 0}, std::vector<int>{0, 0, 1}, 2,
                                       std::vector<double>{1, 0, 3});
  CHECK(weighted.loss == Approx((near + 3 * farther) / 4));
  CHECK(weighted.confusion.counts == seen.confusion.counts);
}

}  // namespace
}  // namespace effnet::test
