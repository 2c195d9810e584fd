#include "scaling/pareto.h"

#include <algorithm>
#include <limits>

namespace effnet {

bool dominates(const Costs& a, const Costs& b) {
  bool better = false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i] > b[i]) return false;
    better = better || a[i] < b[i];
  }
  return better;
}

std::vector<bool> pareto_front(const std::vector<Costs>& candidates) {
  std::vector<bool> front;
  front.reserve(candidates.size());
  for (const Costs& candidate : candidates)
    front.push_back(std::none_of(candidates.begin(), candidates.end(),
                                 [&](const Costs& other) { return dominates(other, candidate); }));
  return front;
}

std::size_t balanced_choice(const std::vector<Costs>& candidates, const std::vector<bool>& front) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const std::size_t objectives = candidates.empty() ? 0 : candidates.front().size();
  Costs least(objectives, infinity), most(objectives, -infinity);
  for (std::size_t c = 0; c < candidates.size(); ++c)
    for (std::size_t i = 0; front[c] && i < objectives; ++i) {
      least[i] = std::min(least[i], candidates[c][i]);
      most[i] = std::max(most[i], candidates[c][i]);
    }
  std::size_t best = 0;
  double best_distance = infinity;
  for (std::size_t c = 0; c < candidates.size(); ++c) {
    if (!front[c]) continue;
    double distance = 0;
    for (std::size_t i = 0; i < objectives; ++i) {
      const double range = most[i] - least[i];
      const double part = range > 0 ? (candidates[c][i] - least[i]) / range : 0;
      distance += part * part;
    }
    if (distance >= best_distance) continue;
    best = c;
    best_distance = distance;
  }
  return best;
}

}  // namespace effnet
