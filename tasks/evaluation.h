// How good predictions are.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace effnet {

// Counts of pictures: [true class][predicted class].
struct Confusion {
  int classes = 0;
  std::vector<std::int64_t> counts;

  explicit Confusion(int class_count)
      : classes(class_count),
        counts(static_cast<std::size_t>(class_count) * static_cast<std::size_t>(class_count)) {}
  std::int64_t& at(int label, int predicted) { return counts[index(label, predicted)]; }
  std::int64_t at(int label, int predicted) const { return counts[index(label, predicted)]; }
  std::int64_t of_class(int label) const;          // pictures of this class
  std::int64_t predicted_as(int predicted) const;  // pictures taken for this class
  std::int64_t total() const;

 private:
  std::size_t index(int label, int predicted) const {
    return static_cast<std::size_t>(label) * static_cast<std::size_t>(classes) +
           static_cast<std::size_t>(predicted);
  }
};

double accuracy(const Confusion& confusion);  // 0 without pictures

// 0 where there is nothing to divide by.
struct ClassQuality {
  double precision = 0, recall = 0, f1 = 0;
};
ClassQuality class_quality(const Confusion& confusion, int label);

// The class of the highest score; of equal ones the first.
int best_class(std::span<const double> scores);
// Classes whose score is higher than that of `label`, or equal and before it: 0 means that it comes first.
int rank_of(std::span<const double> scores, int label);
// -log of the label's probability.
double cross_entropy(std::span<const double> scores, int label);

struct Evaluation {
  Confusion confusion;
  double loss = 0;  // mean cross-entropy, weighted
};
// scores: [labels.size()][classes]. weights: one a row, all 1 when empty; the counts are of rows all the same.
Evaluation evaluate(std::span<const double> scores, std::span<const int> labels, int classes,
                    std::span<const double> weights = {});

}  // namespace effnet
