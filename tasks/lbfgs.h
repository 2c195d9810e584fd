// Minimises smooth functions: limited-memory BFGS (Nocedal and Wright, "Numerical Optimization", algorithm 7.5).
#pragma once

#include <deque>
#include <functional>
#include <span>
#include <vector>

namespace effnet {

// The function's value at x; writes its gradient there.
using Objective = std::function<double(std::span<const double> x, std::span<double> gradient)>;

class Lbfgs {
 public:
  Lbfgs(Objective objective, std::vector<double> start);

  // One iteration. False when the gradient is nearly zero or no further step makes the value smaller.
  bool step();

  std::span<const double> x() const { return x_; }
  double value() const { return value_; }

 private:
  struct Correction {  // what one step taught about the curvature
    std::vector<double> step, gradient_change;
    double curvature;  // their product, positive
  };
  std::vector<double> direction() const;
  bool search_line(const std::vector<double>& direction);

  Objective objective_;
  std::vector<double> x_, gradient_;
  double value_;
  std::deque<Correction> corrections_;  // oldest first
};

}  // namespace effnet
