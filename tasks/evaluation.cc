#include "tasks/evaluation.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace effnet {
namespace {

double ratio(std::int64_t part, std::int64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

std::int64_t Confusion::of_class(int label) const {
  std::int64_t sum = 0;
  for (int predicted = 0; predicted < classes; ++predicted) sum += at(label, predicted);
  return sum;
}

std::int64_t Confusion::predicted_as(int predicted) const {
  std::int64_t sum = 0;
  for (int label = 0; label < classes; ++label) sum += at(label, predicted);
  return sum;
}

std::int64_t Confusion::total() const {
  return std::accumulate(counts.begin(), counts.end(), std::int64_t{0});
}

double accuracy(const Confusion& confusion) {
  std::int64_t right = 0;
  for (int c = 0; c < confusion.classes; ++c) right += confusion.at(c, c);
  return ratio(right, confusion.total());
}

ClassQuality class_quality(const Confusion& confusion, int label) {
  const std::int64_t right = confusion.at(label, label), real = confusion.of_class(label),
                     predicted = confusion.predicted_as(label);
  return {ratio(right, predicted), ratio(right, real), ratio(2 * right, predicted + real)};
}

int best_class(std::span<const double> scores) {
  return static_cast<int>(std::max_element(scores.begin(), scores.end()) - scores.begin());
}

int rank_of(std::span<const double> scores, int label) {
  const auto own = static_cast<std::size_t>(label);
  int rank = 0;
  for (std::size_t c = 0; c < scores.size(); ++c)
    rank += scores[c] > scores[own] || (scores[c] == scores[own] && c < own);
  return rank;
}

double cross_entropy(std::span<const double> scores, int label) {
  const double largest = *std::max_element(scores.begin(), scores.end());
  double sum = 0;
  for (const double score : scores) sum += std::exp(score - largest);
  return std::log(sum) + largest - scores[static_cast<std::size_t>(label)];
}

Evaluation evaluate(std::span<const double> scores, std::span<const int> labels, int classes,
                    std::span<const double> weights) {
  Evaluation result{Confusion(classes)};
  const auto width = static_cast<std::size_t>(classes);
  const double total = weights.empty() ? static_cast<double>(labels.size())
                                       : std::accumulate(weights.begin(), weights.end(), 0.0);
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const std::span<const double> row = scores.subspan(i * width, width);
    ++result.confusion.at(labels[i], best_class(row));
    result.loss += (weights.empty() ? 1 : weights[i]) * cross_entropy(row, labels[i]) / total;
  }
  return result;
}

}  // namespace effnet
