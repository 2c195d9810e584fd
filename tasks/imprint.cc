#include "tasks/imprint.h"

#include <algorithm>
#include <cmath>

namespace effnet {
namespace {

constexpr double sharpness = 20;  // a cosine that is higher by 0.1 makes a class e^2 times as probable

using Vector = std::vector<double>;

double length(const Vector& v) {
  double sum = 0;
  for (const double value : v) sum += value * value;
  return std::sqrt(sum);
}

// Of length 1; all zeros stay so.
Vector direction(Vector v) {
  const double size = length(v);
  for (double& value : v) value = size > 0 ? value / size : 0;
  return v;
}

Vector to_vector(std::span<const float> row) { return {row.begin(), row.end()}; }

// Sums of the directions of every class's rows: [classes][width].
std::vector<Vector> sum_directions(const Features& features, std::span<const int> labels, int classes) {
  std::vector<Vector> sums(static_cast<std::size_t>(classes), Vector(features.width));
  for (std::size_t row = 0; row < features.rows(); ++row) {
    const Vector one = direction(to_vector(features.row(row)));
    Vector& sum = sums[static_cast<std::size_t>(labels[row])];
    for (std::size_t i = 0; i < one.size(); ++i) sum[i] += one[i];
  }
  return sums;
}

double mean_length(const Features& features) {
  double sum = 0;
  for (std::size_t row = 0; row < features.rows(); ++row) sum += length(to_vector(features.row(row)));
  return sum / static_cast<double>(features.rows());
}

}  // namespace

LinearHead imprint(const Features& features, std::span<const int> labels, int classes) {
  const double usual = mean_length(features), scale = usual > 0 ? sharpness / usual : 0;
  LinearHead head{classes, features.width, {}, std::vector<float>(static_cast<std::size_t>(classes))};
  for (const Vector& sum : sum_directions(features, labels, classes))
    for (const double value : direction(sum)) head.weight.push_back(static_cast<float>(scale * value));
  return head;
}

std::vector<double> imprint_scores_without_each(const Features& features, std::span<const int> labels,
                                                int classes) {
  const std::vector<Vector> sums = sum_directions(features, labels, classes);
  std::vector<Vector> means;
  means.reserve(sums.size());
  for (const Vector& sum : sums) means.push_back(direction(sum));
  std::vector<double> scores;
  for (std::size_t row = 0; row < features.rows(); ++row) {
    const auto label = static_cast<std::size_t>(labels[row]);
    const Vector own = direction(to_vector(features.row(row)));
    Vector rest = sums[label];
    for (std::size_t i = 0; i < own.size(); ++i) rest[i] -= own[i];
    const bool alone = std::count(labels.begin(), labels.end(), labels[row]) == 1;
    rest = direction(std::move(rest));
    for (std::size_t c = 0; c < means.size(); ++c) {
      const Vector& mean = c == label ? rest : means[c];
      double cosine = 0;
      for (std::size_t i = 0; i < own.size(); ++i) cosine += own[i] * mean[i];
      scores.push_back(sharpness * (c == label && alone ? -1 : cosine));
    }
  }
  return scores;
}

}  // namespace effnet
