#include "tasks/train_head.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "tasks/evaluation.h"
#include "tests/catch.h"
#include "tests/tasks/clusters.h"

namespace effnet::test {
namespace {

double accuracy_of(const LinearHead& head, const Clusters& data) {
  return accuracy(evaluate(scores(head, data.features, 1), data.labels, head.classes).confusion);
}

// Mean cross-entropy of these rows, every class counting the same.
double balanced_loss(const LinearHead& head, const Clusters& data, const std::vector<std::size_t>& rows) {
  const auto classes = static_cast<std::size_t>(head.classes);
  std::vector<double> loss(classes), size(classes);
  for (const std::size_t row : rows) {
    const int label = data.labels[row];
    loss[static_cast<std::size_t>(label)] += cross_entropy(scores(head, data.features.row(row)), label);
    ++size[static_cast<std::size_t>(label)];
  }
  double mean = 0;
  for (std::size_t c = 0; c < classes; ++c) mean += loss[c] / size[c] / head.classes;
  return mean;
}

TEST_CASE("a trained head knows clouds of points that lie apart, and new points of them") {
  const Clusters data = make_clusters({40, 60, 50}, 100, 6, 1),
                 fresh = make_clusters({200, 200, 200}, 100, 6, 2);
  const Split split = stratified_split(data.labels, 3, 0.2, 0);
  const TrainedHead trained = train_head(data.features, data.labels, 3, split, {});
  CHECK(trained.head.classes == 3);
  CHECK(trained.head.features == 100);
  CHECK(trained.validation_loss < std::log(3.0) / 4);  // a head that knows nothing has log 3
  CHECK(accuracy_of(trained.head, fresh) > 0.97);
  const LinearHead all = train_on_all(data.features, data.labels, 3, trained.l2, trained.iterations, {});
  CHECK(accuracy_of(all, fresh) > 0.97);
}

TEST_CASE("what training says of its head is true of the head that it returns, features as they are") {
  const Clusters data = make_clusters({40, 60, 50}, 100, 6, 1);
  const Split split = stratified_split(data.labels, 3, 0.2, 0);
  const TrainedHead trained = train_head(data.features, data.labels, 3, split, {});
  CHECK(trained.validation_loss == Approx(balanced_loss(trained.head, data, split.validation)).epsilon(1e-3));
}

TEST_CASE("the best of several strengths is as good as the best of them alone") {
  const Clusters data = make_clusters({40, 60, 50}, 100, 6, 1);
  const Split split = stratified_split(data.labels, 3, 0.2, 0);
  TrainingOptions options;
  options.l2 = {1, 0.1, 0.01, 0.001};
  const TrainedHead trained = train_head(data.features, data.labels, 3, split, options);
  double lowest = std::numeric_limits<double>::infinity(), of_strength = 0;
  for (int i = 0; i < trained.strengths_tried; ++i) {
    TrainingOptions alone;
    alone.l2 = {options.l2[static_cast<std::size_t>(i)]};
    const TrainedHead one = train_head(data.features, data.labels, 3, split, alone);
    if (one.validation_loss < lowest) of_strength = one.l2;
    lowest = std::min(lowest, one.validation_loss);
  }
  CHECK(trained.validation_loss == lowest);
  CHECK(trained.l2 == of_strength);
}

TEST_CASE("features that are all alike make a head that knows nothing") {
  const Features alike = {3, std::vector<float>(3 * 20, 0.5F)};
  std::vector<int> labels(20);
  std::fill(labels.begin() + 10, labels.end(), 1);
  const Split split = stratified_split(labels, 2, 0.2, 0);
  const TrainedHead trained = train_head(alike, labels, 2, split, {});
  REQUIRE(trained.head.classes == 2);
  CHECK(trained.head.weight == std::vector<float>(6));
  CHECK(trained.validation_loss == Approx(std::log(2.0)));
  CHECK(train_on_all(alike, labels, 2, trained.l2, trained.iterations, {}).classes == 2);
}

TEST_CASE("more noise than signal asks for a strong penalty") {
  const Clusters clear = make_clusters({50, 50}, 200, 20, 3), noisy = make_clusters({50, 50}, 200, 1.5, 3);
  const auto strength = [](const Clusters& data) {
    return train_head(data.features, data.labels, 2, stratified_split(data.labels, 2, 0.3, 0), {}).l2;
  };
  CHECK(strength(noisy) > strength(clear));
}

TEST_CASE("a given strength is used, a stronger one makes smaller weights") {
  const Clusters data = make_clusters({40, 40}, 50, 3, 4);
  const Split split = stratified_split(data.labels, 2, 0.2, 0);
  double before = 1e30;
  for (const double l2 : {0.01, 0.1, 1.0}) {
    TrainingOptions options;
    options.l2 = {l2};
    const TrainedHead trained = train_head(data.features, data.labels, 2, split, options);
    CHECK(trained.l2 == l2);
    CHECK(trained.strengths_tried == 1);
    const LinearHead all = train_on_all(data.features, data.labels, 2, l2, 200, options);
    const double size = std::inner_product(all.weight.begin(), all.weight.end(), all.weight.begin(), 0.0);
    CHECK(size < before);
    before = size;
  }
}

TEST_CASE("balance lets a rare class count as much as a frequent one") {
  const Clusters data = make_clusters({300, 12}, 40, 2.5, 5), fresh = make_clusters({500, 500}, 40, 2.5, 6);
  const auto recall_of_rare = [&](bool balance) {
    TrainingOptions options;
    options.balance = balance;
    options.l2 = {0.1};
    const LinearHead head = train_on_all(data.features, data.labels, 2, 0.1, 100, options);
    return class_quality(evaluate(scores(head, fresh.features, 1), fresh.labels, 2).confusion, 1).recall;
  };
  CHECK(recall_of_rare(true) > recall_of_rare(false) + 0.05);
}

TEST_CASE("the same head, bit for bit, for any number of threads") {
  const Clusters data = make_clusters({30, 30, 30, 30}, 130, 3, 7);
  const Split split = stratified_split(data.labels, 4, 0.25, 0);
  const auto train = [&](int threads) {
    TrainingOptions options;
    options.threads = threads;
    return train_head(data.features, data.labels, 4, split, options);
  };
  const TrainedHead one = train(1);
  for (const int threads : {2, 5}) {
    const TrainedHead several = train(threads);
    CHECK(several.head.weight == one.head.weight);
    CHECK(several.head.bias == one.head.bias);
    CHECK(several.l2 == one.l2);
  }
}

TEST_CASE("features that never change get no weight") {
  Clusters data = make_clusters({20, 20}, 10, 5, 8);
  for (std::size_t row = 0; row < data.features.rows(); ++row) data.features.values[row * 10 + 4] = 1234.5F;
  const Split split = stratified_split(data.labels, 2, 0.2, 0);
  const LinearHead head = train_head(data.features, data.labels, 2, split, {}).head;
  CHECK(head.weight[4] == 0);
  CHECK(head.weight[14] == 0);
  CHECK(accuracy_of(head, data) > 0.95);
}

TEST_CASE("training tells how far it is, and stops early") {
  const Clusters data = make_clusters({40, 40}, 60, 2, 9);
  std::vector<TrainingProgress> seen;
  TrainingOptions options;
  options.patience = 3;
  options.progress = [&](const TrainingProgress& progress) { seen.push_back(progress); };
  const TrainedHead trained =
      train_head(data.features, data.labels, 2, stratified_split(data.labels, 2, 0.25, 0), options);
  REQUIRE(seen.size() > 1);
  double before = 0;
  for (const TrainingProgress& progress : seen) {
    CHECK(progress.done > before);
    CHECK(progress.done <= 1);
    before = progress.done;
    CHECK(progress.validation_loss >= trained.validation_loss);
    CHECK(progress.iteration < options.most_iterations);
  }
}

}  // namespace
}  // namespace effnet::test
