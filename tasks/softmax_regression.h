// The loss of a softmax classifier over given features, and its gradient: what training minimises.
#pragma once

#include <span>
#include <vector>

#include "tasks/features.h"

namespace effnet {

// Mean of weight * cross-entropy over the samples, plus l2 / 2 * the sum of squared weights (not of biases).
//
// Parameters lie in panels of 16 classes: [panel][features + 1][16], the last row holds the biases; lanes behind the
// last class stay what they are. Every sum has a fixed order: the same bits for any number of threads.
class SoftmaxRegression {
 public:
  static constexpr std::size_t lanes = 16;

  // What the spans point to must outlive this. `labels` and `weights`: one a row; weights sum to more than 0.
  SoftmaxRegression(const Features& features, std::span<const int> labels, std::span<const double> weights,
                    int classes, int threads);

  std::size_t parameters() const { return panels_ * (width_ + 1) * lanes; }
  double operator()(std::span<const double> parameters, double l2, std::span<double> gradient);

  // Of these parameters.
  LinearHead head(std::span<const double> parameters) const;

 private:
  void compute_scores(std::span<const double> parameters, std::size_t first, std::size_t last);
  void compute_losses(std::size_t first, std::size_t last);
  void compute_gradient(std::span<double> gradient, std::size_t first, std::size_t last) const;

  const Features& features_;
  std::span<const int> labels_;
  std::span<const double> weights_;
  std::size_t classes_, width_, panels_;
  int threads_;
  double total_weight_ = 0;
  std::vector<double> scores_;  // [rows][panels][16]; then the loss's derivative by them
  std::vector<double> losses_;  // of every row
};

}  // namespace effnet
