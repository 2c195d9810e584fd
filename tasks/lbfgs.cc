#include "tasks/lbfgs.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

namespace effnet {
namespace {

constexpr std::size_t memory = 10;           // corrections
constexpr double small_gradient = 1e-6;      // its length, against that of x
constexpr double least_decrease = 1e-4;      // Wolfe conditions: c1
constexpr double curvature_condition = 0.9;  // and c2
constexpr int most_trials = 30;              // of one line search

double dot(std::span<const double> a, std::span<const double> b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

void add_scaled(double factor, const std::vector<double>& from, std::vector<double>& to) {
  for (std::size_t i = 0; i < to.size(); ++i) to[i] += factor * from[i];
}

std::vector<double> difference(const std::vector<double>& a, const std::vector<double>& b) {
  std::vector<double> out = a;
  add_scaled(-1, b, out);
  return out;
}

}  // namespace

Lbfgs::Lbfgs(Objective objective, std::vector<double> start)
    : objective_(std::move(objective)), x_(std::move(start)), gradient_(x_.size()) {
  value_ = objective_(x_, gradient_);
}

// The two-loop recursion: minus the inverse Hessian's estimate times the gradient.
std::vector<double> Lbfgs::direction() const {
  std::vector<double> d = gradient_;
  std::vector<double> alpha(corrections_.size());
  for (std::size_t i = corrections_.size(); i-- > 0;) {
    alpha[i] = dot(corrections_[i].step, d) / corrections_[i].curvature;
    add_scaled(-alpha[i], corrections_[i].gradient_change, d);
  }
  double scale = 1 / std::max(1.0, std::sqrt(dot(gradient_, gradient_)));
  if (!corrections_.empty()) {
    const Correction& last = corrections_.back();
    scale = last.curvature / dot(last.gradient_change, last.gradient_change);
  }
  for (double& value : d) value *= scale;
  for (std::size_t i = 0; i < corrections_.size(); ++i) {
    const double beta = dot(corrections_[i].gradient_change, d) / corrections_[i].curvature;
    add_scaled(alpha[i] - beta, corrections_[i].step, d);
  }
  for (double& value : d) value = -value;
  return d;
}

// Bisection until both (weak) Wolfe conditions hold, which keeps the curvature positive.
bool Lbfgs::search_line(const std::vector<double>& direction) {
  const double slope = dot(gradient_, direction);
  if (!(slope < 0)) return false;
  double shortest = 0, longest = std::numeric_limits<double>::infinity(), length = 1;
  std::vector<double> x, gradient(x_.size());
  for (int trial = 0; trial < most_trials; ++trial) {
    x = x_;
    add_scaled(length, direction, x);
    const double value = objective_(x, gradient);
    if (!(value <= value_ + least_decrease * length * slope)) {
      longest = length;
    } else if (dot(gradient, direction) < curvature_condition * slope) {
      shortest = length;
    } else {
      Correction correction{difference(x, x_), difference(gradient, gradient_), 0};
      correction.curvature = dot(correction.step, correction.gradient_change);
      if (correction.curvature > 0) corrections_.push_back(std::move(correction));
      if (corrections_.size() > memory) corrections_.pop_front();
      x_ = std::move(x);
      gradient_ = std::move(gradient);
      value_ = value;
      return true;
    }
    length = std::isinf(longest) ? 2 * shortest : (shortest + longest) / 2;
  }
  return false;
}

bool Lbfgs::step() {
  if (std::sqrt(dot(gradient_, gradient_)) <= small_gradient * std::max(1.0, std::sqrt(dot(x_, x_))))
    return false;
  if (search_line(direction())) return true;
  if (corrections_.empty()) return false;
  corrections_.clear();  // the estimate was bad: once more along the gradient
  return search_line(direction());
}

}  // namespace effnet
