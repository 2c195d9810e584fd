#include "tasks/softmax_regression.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

#include "base/parallel.h"

namespace effnet {
namespace {

constexpr std::size_t lanes = SoftmaxRegression::lanes;
constexpr std::size_t block =
    64;  // rows or features: 8 KB of a panel's parameters stay in the first-level cache

// sums[16] += x[i] * parameters[i][16].
void add_products(const float* x, const double* parameters, std::size_t count, double* sums) {
  double local[lanes];
  std::copy_n(sums, lanes, local);
  for (std::size_t i = 0; i < count; ++i) {
    const auto value = static_cast<double>(x[i]);
    for (std::size_t c = 0; c < lanes; ++c) local[c] += value * parameters[i * lanes + c];
  }
  std::copy_n(local, lanes, sums);
}

// gradient[i][16] += x[i] * derivative[16].
void add_outer_product(const float* x, const double* derivative, std::size_t count, double* gradient) {
  for (std::size_t i = 0; i < count; ++i) {
    const auto value = static_cast<double>(x[i]);
    for (std::size_t c = 0; c < lanes; ++c) gradient[i * lanes + c] += value * derivative[c];
  }
}

// Calls work(first, last) for blocks of [0, count).
void for_blocks(int threads, std::size_t count, const std::function<void(std::size_t, std::size_t)>& work) {
  parallel_for(threads, static_cast<int>((count + block - 1) / block), [&](int i) {
    const std::size_t first = static_cast<std::size_t>(i) * block;
    work(first, std::min(first + block, count));
  });
}

}  // namespace

SoftmaxRegression::SoftmaxRegression(const Features& features, std::span<const int> labels,
                                     std::span<const double> weights, int classes, int threads)
    : features_(features),
      labels_(labels),
      weights_(weights),
      classes_(static_cast<std::size_t>(classes)),
      width_(features.width),
      panels_((classes_ + lanes - 1) / lanes),
      threads_(threads),
      total_weight_(std::accumulate(weights.begin(), weights.end(), 0.0)),
      scores_(features.rows() * panels_ * lanes),
      losses_(features.rows()) {}

// Of the rows [first, last).
void SoftmaxRegression::compute_scores(std::span<const double> parameters, std::size_t first,
                                       std::size_t last) {
  for (std::size_t panel = 0; panel < panels_; ++panel) {
    const double* panel_parameters = parameters.data() + panel * (width_ + 1) * lanes;
    for (std::size_t row = first; row < last; ++row)
      std::copy_n(panel_parameters + width_ * lanes, lanes, scores_.data() + (row * panels_ + panel) * lanes);
    for (std::size_t i = 0; i < width_; i += block)
      for (std::size_t row = first; row < last; ++row)
        add_products(features_.row(row).data() + i, panel_parameters + i * lanes, std::min(block, width_ - i),
                     scores_.data() + (row * panels_ + panel) * lanes);
  }
}

// Scores of the rows [first, last) become the loss's derivatives by them.
void SoftmaxRegression::compute_losses(std::size_t first, std::size_t last) {
  for (std::size_t row = first; row < last; ++row) {
    double* score = scores_.data() + row * panels_ * lanes;
    const double largest = *std::max_element(score, score + classes_);
    const double of_label = score[labels_[row]] - largest;
    double sum = 0;
    for (std::size_t c = 0; c < classes_; ++c) sum += score[c] = std::exp(score[c] - largest);
    losses_[row] = weights_[row] * (std::log(sum) - of_label);
    const double factor = weights_[row] / total_weight_;
    for (std::size_t c = 0; c < classes_; ++c) score[c] *= factor / sum;
    score[labels_[row]] -= factor;
    std::fill(score + classes_, score + panels_ * lanes, 0.0);
  }
}

// By the weights of the features [first, last).
void SoftmaxRegression::compute_gradient(std::span<double> gradient, std::size_t first,
                                         std::size_t last) const {
  for (std::size_t panel = 0; panel < panels_; ++panel) {
    double* out = gradient.data() + (panel * (width_ + 1) + first) * lanes;
    std::fill_n(out, (last - first) * lanes, 0.0);
    for (std::size_t row = 0; row < features_.rows(); ++row)
      add_outer_product(features_.row(row).data() + first, scores_.data() + (row * panels_ + panel) * lanes,
                        last - first, out);
  }
}

double SoftmaxRegression::operator()(std::span<const double> parameters, double l2,
                                     std::span<double> gradient) {
  for_blocks(threads_, features_.rows(), [&](std::size_t first, std::size_t last) {
    compute_scores(parameters, first, last);
    compute_losses(first, last);
  });
  for_blocks(threads_, width_,
             [&](std::size_t first, std::size_t last) { compute_gradient(gradient, first, last); });
  double loss = std::accumulate(losses_.begin(), losses_.end(), 0.0) / total_weight_;
  for (std::size_t panel = 0; panel < panels_; ++panel) {
    const std::size_t start = panel * (width_ + 1) * lanes, bias = start + width_ * lanes;
    for (std::size_t i = start; i < bias; ++i) {
      loss += l2 / 2 * parameters[i] * parameters[i];
      gradient[i] += l2 * parameters[i];
    }
    std::fill_n(gradient.begin() + static_cast<std::ptrdiff_t>(bias), lanes, 0.0);
    for (std::size_t row = 0; row < features_.rows(); ++row)
      for (std::size_t c = 0; c < lanes; ++c)
        gradient[bias + c] += scores_[(row * panels_ + panel) * lanes + c];
  }
  return loss;
}

LinearHead SoftmaxRegression::head(std::span<const double> parameters) const {
  LinearHead head{static_cast<int>(classes_), width_, std::vector<float>(classes_ * width_),
                  std::vector<float>(classes_)};
  for (std::size_t c = 0; c < classes_; ++c) {
    const double* column = parameters.data() + c / lanes * (width_ + 1) * lanes + c % lanes;
    for (std::size_t i = 0; i < width_; ++i)
      head.weight[c * width_ + i] = static_cast<float>(column[i * lanes]);
    head.bias[c] = static_cast<float>(column[width_ * lanes]);
  }
  return head;
}

}  // namespace effnet
