#include "autotune/search.h"

#include <algorithm>
#include <cmath>

namespace effnet {

namespace {

constexpr std::size_t most_elites = 6;
constexpr int pool_factor = 4;     // new points that are looked at for one that is proposed
constexpr int most_attempts = 60;  // for a fresh point
constexpr double infinite = std::numeric_limits<double>::infinity();

}  // namespace

Search::Search(SearchSpace space, Strategy strategy, unsigned int seed)
    : space_(std::move(space)), strategy_(strategy), random_(seed) {}

void Search::start_from(const Numbers& point) { starts_.push_back(point); }

std::size_t Search::position(const Axis& axis, int value) const {
  const auto found = std::lower_bound(axis.values.begin(), axis.values.end(), value);
  const auto at = static_cast<std::size_t>(found - axis.values.begin());
  return std::min(at, axis.values.size() - 1);
}

Numbers Search::random_point() {
  Numbers point;
  for (const Axis& axis : space_.axes) point[axis.name] = axis.values[below(axis.values.size())];
  return point;
}

// One axis, sometimes two, a step or two away; long axes also take longer steps.
Numbers Search::neighbour(const Numbers& point) {
  Numbers moved = point;
  const int changes = below(4) == 0 ? 2 : 1;
  for (int i = 0; i < changes; ++i) {
    const Axis& axis = space_.axes[below(space_.axes.size())];
    const std::size_t longest = std::max<std::size_t>(2, axis.values.size() / 4);
    const auto step = static_cast<std::ptrdiff_t>(below(2) == 0 ? 1 : 1 + below(longest));
    const auto last = static_cast<std::ptrdiff_t>(axis.values.size()) - 1;
    const auto at = static_cast<std::ptrdiff_t>(position(axis, moved[axis.name]));
    moved[axis.name] = axis.values[std::clamp<std::ptrdiff_t>(at + (below(2) == 0 ? step : -step), 0, last)];
  }
  return moved;
}

Numbers Search::crossed(const Numbers& a, const Numbers& b) {
  Numbers child = a;
  for (const Axis& axis : space_.axes)
    if (below(2) == 0 && b.count(axis.name)) child[axis.name] = b.at(axis.name);
  return child;
}

// Better elites have more children.
Numbers Search::evolved() {
  if (elites_.empty() || below(8) == 0) return random_point();
  const auto pick = [&]() -> const Numbers& {
    return elites_[std::min(below(elites_.size()), below(elites_.size()))].second;
  };
  if (elites_.size() > 1 && below(6) == 0) return crossed(pick(), pick());
  return neighbour(pick());
}

bool Search::add_fresh(Numbers point, std::vector<Numbers>& to) {
  point = space_.fit(std::move(point));
  if (known_.count(point) || std::find(to.begin(), to.end(), point) != to.end()) return false;
  if (!space_.worth_trying(point)) return false;
  to.push_back(std::move(point));
  return true;
}

// In shares of the axes' lengths. A row from before a flag was invented does not have it.
double Search::distance(const Numbers& a, const Numbers& b) const {
  const auto at = [this](const Numbers& point, const Axis& axis) {
    const auto number = point.find(axis.name);
    return static_cast<double>(position(axis, number == point.end() ? 0 : number->second));
  };
  double sum = 0;
  for (const Axis& axis : space_.axes) {
    if (axis.values.size() < 2) continue;
    const double length = static_cast<double>(axis.values.size() - 1);
    const double gap = at(a, axis) - at(b, axis);
    sum += gap * gap / (length * length);
  }
  return std::sqrt(sum);
}

// The mean of what is known nearby, nearer points counting more.
double Search::predicted_cost(const Numbers& point) const {
  double sum = 0, weights = 0;
  for (const auto& [known, cost] : costs_) {
    const double gap = distance(point, known) + 0.02;
    const double weight = 1 / (gap * gap * gap * gap);
    sum += weight * std::min(cost, 4 * best_cost());
    weights += weight;
  }
  return weights > 0 ? sum / weights : 0;
}

std::vector<Numbers> Search::propose(int count) {
  std::vector<Numbers> chosen;
  const auto wanted = static_cast<std::size_t>(count);
  while (!starts_.empty() && chosen.size() < wanted) {
    add_fresh(starts_.front(), chosen);
    starts_.erase(starts_.begin());
  }
  std::vector<Numbers> pool = chosen;
  const bool guided = strategy_ == Strategy::evolution && costs_.size() >= 6;
  const std::size_t pool_size = guided ? chosen.size() + (wanted - chosen.size()) * pool_factor : wanted;
  const int attempts = most_attempts * count * (guided ? pool_factor : 1);
  for (int i = 0; i < attempts && pool.size() < pool_size && !space_.axes.empty(); ++i)
    add_fresh(strategy_ == Strategy::random ? random_point() : evolved(), pool);
  // A quarter as it came, the others by what is expected of them.
  const std::size_t kept =
      std::min(pool.size(), chosen.size() + (guided ? (wanted - chosen.size() + 3) / 4 : wanted));
  if (guided && pool.size() > kept) {
    std::vector<Known> ranked;
    for (std::size_t i = kept; i < pool.size(); ++i) ranked.emplace_back(predicted_cost(pool[i]), pool[i]);
    std::sort(ranked.begin(), ranked.end());
    for (std::size_t i = kept; i < pool.size(); ++i) pool[i] = ranked[i - kept].second;
  }
  pool.resize(std::min(pool.size(), wanted));
  for (const Numbers& point : pool) known_[point] = true;
  return pool;
}

void Search::report(const Numbers& point, double cost) {
  known_[point] = true;
  if (!std::isfinite(cost)) cost = infinite;
  if (std::isfinite(cost)) {
    costs_[point] = cost;
  } else {
    costs_.erase(point);
  }
  std::erase_if(elites_, [&](const Known& elite) { return elite.second == point; });
  if (!std::isfinite(cost)) return;
  elites_.emplace_back(cost, point);
  std::sort(elites_.begin(), elites_.end());
  if (elites_.size() > most_elites) elites_.resize(most_elites);
}

const Numbers* Search::best() const { return elites_.empty() ? nullptr : &elites_.front().second; }
double Search::best_cost() const { return elites_.empty() ? infinite : elites_.front().first; }

}  // namespace effnet
