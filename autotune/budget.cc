#include "autotune/budget.h"

#include <algorithm>

namespace effnet {

void Prospects::add(double gain, double seconds) {
  constexpr double kept = 0.45, least = 1e-4;
  expected_gain_ = std::max(least, kept * expected_gain_ + (1 - kept) * std::max(0.0, gain));
  seconds_ = std::max(0.05, 0.5 * (seconds_ + seconds));
  ++generations_;
  without_gain_ = gain > 0 ? 0 : without_gain_ + 1;
}

int most_promising(const std::vector<Prospects>& steps, const std::vector<double>& weights) {
  int best = -1;
  double most = 0;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const double value = steps[i].rate() * weights[i];
    if (value <= most) continue;
    most = value;
    best = static_cast<int>(i);
  }
  return best;
}

}  // namespace effnet
