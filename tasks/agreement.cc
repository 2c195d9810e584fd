#include "tasks/agreement.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "base/text.h"
#include "tasks/evaluation.h"
#include "tasks/features.h"

namespace effnet {
namespace {

// Logarithms of the probabilities.
std::vector<double> log_softmax(std::span<const double> logits) {
  const double largest = *std::max_element(logits.begin(), logits.end());
  double sum = 0;
  for (const double v : logits) sum += std::exp(v - largest);
  std::vector<double> result;
  for (const double v : logits) result.push_back(v - largest - std::log(sum));
  return result;
}

double divergence(const std::vector<double>& log_a, const std::vector<double>& log_b) {
  double sum = 0;
  for (std::size_t i = 0; i < log_a.size(); ++i) sum += std::exp(log_a[i]) * (log_a[i] - log_b[i]);
  return std::max(0.0, sum);  // rounding
}

double lead_of(std::vector<double> log_probabilities) {
  if (log_probabilities.size() < 2) return 1;
  std::partial_sort(log_probabilities.begin(), log_probabilities.begin() + 2, log_probabilities.end(),
                    std::greater<>());
  return std::exp(log_probabilities[0]) - std::exp(log_probabilities[1]);
}

}  // namespace

ScoreDifference compare_scores(std::span<const float> a, std::span<const float> b) {
  const std::vector<double> x(a.begin(), a.end()), y(b.begin(), b.end());
  const std::vector<double> log_x = log_softmax(x), log_y = log_softmax(y);
  const bool equal = std::equal(a.begin(), a.end(), b.begin(), b.end());  // all zeros, too
  ScoreDifference result{equal ? 1 : cosine(a, b), 0, divergence(log_x, log_y), lead_of(log_x)};
  for (std::size_t i = 0; i < x.size(); ++i) result.largest = std::max(result.largest, std::abs(x[i] - y[i]));
  const int rank = rank_of(y, best_class(x));
  result.same_first = rank == 0;
  result.among_five = rank < 5;
  return result;
}

void Agreement::add(const std::string& picture, const ScoreDifference& d) {
  if (all.pictures == 0 || d.cosine < least_cosine) least_cosine = d.cosine, farthest = picture;
  for (Counts* counts : {&all, &leading}) {
    if (counts == &leading && d.lead < clear_lead) continue;
    counts->pictures += 1;
    counts->same_first += d.same_first;
    counts->among_five += d.among_five;
  }
  const auto count = static_cast<double>(all.pictures);
  mean_cosine += (d.cosine - mean_cosine) / count;
  mean_divergence += (d.divergence - mean_divergence) / count;
  largest_divergence = std::max(largest_divergence, d.divergence);
  largest_difference = std::max(largest_difference, d.largest);
}

AgreementLimits agreement_limits(const std::string& precision) {
  if (precision == "bf16") return {1, 0.9995};
  if (precision == "int8-weights") return {0.99, 0.995};
  if (precision == "int8") return {0.98, 0.98};
  return {};
}

std::vector<std::string> shortfalls(const Agreement& agreement, const AgreementLimits& limits) {
  std::vector<std::string> texts;
  if (agreement.leading.first_share() < limits.least_first_share)
    texts.push_back(
        formatted("the same first class in %.2f %% of the pictures with a lead of %.2f, less than %.2f %%",
                  100 * agreement.leading.first_share(), clear_lead, 100 * limits.least_first_share));
  if (!(agreement.mean_cosine >= limits.least_cosine))
    texts.push_back(
        formatted("a mean cosine of %.5f, less than %.5f", agreement.mean_cosine, limits.least_cosine));
  return texts;
}

}  // namespace effnet
