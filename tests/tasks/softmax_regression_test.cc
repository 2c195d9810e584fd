#include "tasks/softmax_regression.h"

#include <cmath>

#include "tasks/evaluation.h"
#include "tests/catch.h"
#include "tests/tasks/clusters.h"

namespace effnet::test {
namespace {

constexpr std::size_t lanes = SoftmaxRegression::lanes;

// Small numbers, different everywhere; lanes without a class stay 0.
std::vector<double> some_parameters(std::size_t count, std::size_t width, int classes) {
  std::vector<double> out(count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t c = i / ((width + 1) * lanes) * lanes + i % lanes;
    if (c < static_cast<std::size_t>(classes)) out[i] = 0.01 * std::sin(static_cast<double>(7 * i + 1));
  }
  return out;
}

// 3 and 20 classes: one panel and two, both with lanes left over; 70 features: more than a block.
const std::vector<std::vector<int>> shapes = {{5, 3, 9}, std::vector<int>(20, 4)};

TEST_CASE("the loss is the mean cross-entropy of the scores, plus the penalty on weights") {
  for (const std::vector<int>& sizes : shapes) {
    const Clusters data = make_clusters(sizes, 70, 2, 1);
    const auto classes = static_cast<int>(sizes.size());
    std::vector<double> weights(data.labels.size());
    for (std::size_t i = 0; i < weights.size(); ++i) weights[i] = 1 + static_cast<double>(i % 3);
    SoftmaxRegression loss(data.features, data.labels, weights, classes, 1);
    const std::vector<double> x = some_parameters(loss.parameters(), 70, classes);
    std::vector<double> gradient(x.size());
    const double value = loss(x, 0.5, gradient);

    const LinearHead head = loss.head(x);
    double expected = 0, total = 0, squares = 0;
    for (std::size_t i = 0; i < data.labels.size(); ++i) {
      expected += weights[i] * cross_entropy(scores(head, data.features.row(i)), data.labels[i]);
      total += weights[i];
    }
    for (const float weight : head.weight) squares += double(weight) * double(weight);
    CHECK(value == Approx(expected / total + 0.25 * squares).epsilon(1e-5));
  }
}

TEST_CASE("the gradient is that of finite differences") {
  for (const std::vector<int>& sizes : shapes) {
    const Clusters data = make_clusters(sizes, 70, 2, 2);
    const auto classes = static_cast<int>(sizes.size());
    const std::vector<double> weights(data.labels.size(), 1.0);
    SoftmaxRegression loss(data.features, data.labels, weights, classes, 1);
    std::vector<double> x = some_parameters(loss.parameters(), 70, classes);
    std::vector<double> gradient(x.size()), ignored(x.size());
    (void)loss(x, 0.3, gradient);
    constexpr double step = 1e-6;
    for (std::size_t i = 0; i < x.size(); i += 13) {
      const std::size_t c = i / (71 * lanes) * lanes + i % lanes;
      if (c >= sizes.size()) {
        CHECK(gradient[i] == 0);
        continue;
      }
      const double here = x[i];
      x[i] = here + step;
      const double above = loss(x, 0.3, ignored);
      x[i] = here - step;
      const double below = loss(x, 0.3, ignored);
      x[i] = here;
      CHECK(gradient[i] == Approx((above - below) / (2 * step)).epsilon(1e-4).margin(1e-6));
    }
  }
}

TEST_CASE("loss and gradient have the same bits for any number of threads") {
  const Clusters data = make_clusters({100, 80, 90}, 150, 2, 3);
  const std::vector<double> weights(data.labels.size(), 1.0);
  SoftmaxRegression one(data.features, data.labels, weights, 3, 1);
  const std::vector<double> x = some_parameters(one.parameters(), 150, 3);
  std::vector<double> expected(x.size());
  const double value = one(x, 0.1, expected);
  for (const int threads : {2, 5}) {
    SoftmaxRegression several(data.features, data.labels, weights, 3, threads);
    std::vector<double> gradient(x.size());
    CHECK(several(x, 0.1, gradient) == value);
    CHECK(gradient == expected);
  }
}

}  // namespace
}  // namespace effnet::test
