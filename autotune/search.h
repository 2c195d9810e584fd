// Where to look next: a search over ordered integer axes that knows nothing of what the numbers mean. Costs
// are measured by others and reported back; the same reports give the same proposals.
#pragma once

#include <functional>
#include <limits>
#include <map>
#include <random>
#include <vector>

#include "generators/operator.h"
#include "schedules/numbers.h"

namespace effnet {

struct SearchSpace {
  std::vector<Axis> axes;
  std::function<Numbers(Numbers)> fit;  // the nearest legal point
  std::function<bool(const Numbers&)> worth_trying;
};

enum class Strategy { evolution, random };

class Search {
 public:
  Search(SearchSpace space, Strategy strategy, unsigned int seed);

  // A point to try first: the default, a known row.
  void start_from(const Numbers& point);
  // At most `count` points that were neither proposed nor reported. Fewer, or none, when nothing is left.
  std::vector<Numbers> propose(int count);
  // Infinity: the point is no good.
  void report(const Numbers& point, double cost);
  bool has_axes() const { return !space_.axes.empty(); }  // else there is one point only
  bool knows(const Numbers& point) const { return known_.count(point) != 0; }

  const Numbers* best() const;
  double best_cost() const;
  std::size_t reported() const { return costs_.size(); }

 private:
  using Known = std::pair<double, Numbers>;

  Numbers random_point();
  Numbers neighbour(const Numbers& point);
  Numbers crossed(const Numbers& a, const Numbers& b);
  Numbers evolved();
  bool add_fresh(Numbers point, std::vector<Numbers>& to);
  double predicted_cost(const Numbers& point) const;
  double distance(const Numbers& a, const Numbers& b) const;
  std::size_t position(const Axis& axis, int value) const;
  std::size_t below(std::size_t count) { return static_cast<std::size_t>(random_() % count); }

  SearchSpace space_;
  Strategy strategy_;
  std::mt19937 random_;
  std::vector<Numbers> starts_;
  std::map<Numbers, bool> known_;    // proposed or reported
  std::map<Numbers, double> costs_;  // reported
  std::vector<Known> elites_;        // the best, ascending
};

}  // namespace effnet
