#include "generators/operator.h"

#include <algorithm>
#include <cstdlib>

#include "generators/classifier/schedule.h"
#include "generators/expand_depthwise/schedule.h"
#include "generators/pointwise/schedule.h"
#include "generators/squeeze_excite/schedule.h"
#include "generators/stem/schedule.h"
#include "models/packing.h"

namespace effnet {

const std::vector<Operator>& operators() {
  static const std::vector<Operator> list = {
      {"stem", stem_default, stem_check, stem_scratch, stem_space, stem_fit, stem_worth_trying,
       EFFNET_HASH_stem},
      {"depthwise", depthwise_default, depthwise_check, depthwise_scratch, depthwise_space, depthwise_fit,
       depthwise_worth_trying, EFFNET_HASH_expand_depthwise},
      {"expand_depthwise", depthwise_default, depthwise_check, depthwise_scratch, depthwise_space,
       depthwise_fit, depthwise_worth_trying, EFFNET_HASH_expand_depthwise},
      {"squeeze_excite", squeeze_excite_default, squeeze_excite_check, squeeze_excite_scratch, no_axes,
       no_fit, always_worth_trying, EFFNET_HASH_squeeze_excite},
      {"project", pointwise_default, pointwise_check, pointwise_scratch, pointwise_space, pointwise_fit,
       pointwise_worth_trying, EFFNET_HASH_pointwise},
      {"head", pointwise_default, pointwise_check, pointwise_scratch, pointwise_space, pointwise_fit,
       pointwise_worth_trying, EFFNET_HASH_pointwise},
      {"classifier", classifier_default, classifier_check, classifier_scratch, no_axes, no_fit,
       always_worth_trying, EFFNET_HASH_classifier},
  };
  return list;
}

const Operator& find_operator(const std::string& name) {
  const auto& list = operators();
  const auto found =
      std::find_if(list.begin(), list.end(), [&](const Operator& o) { return o.name == name; });
  if (found == list.end()) std::abort();  // names come from the planner's own code
  return *found;
}

bool fits_registers(const RegisterTile& tile, const Machine& machine) {
  const int vectors = tile.panels * panel_lanes / machine.lanes;
  const int products = machine.fma ? 1 : 2;  // without FMA a product needs a register of its own
  return vectors * tile.columns + std::min(vectors, machine.registers / 4) + products <= machine.registers;
}

RegisterTile best_register_tile(int panels, int most_panels, int columns, const Machine& machine) {
  RegisterTile best{1, 1};
  double best_cost = 1e30;
  for (int p = 1; p <= std::min(panels, most_panels); ++p) {
    if (panels % p != 0) continue;
    for (int c = 1; c <= columns && fits_registers({p, c}, machine); ++c) {
      const double vectors = static_cast<double>(p) * panel_lanes / machine.lanes;
      const int with_tail = (columns + c - 1) / c * c;
      const double computed = static_cast<double>(with_tail) / columns;
      const double loads = (vectors + c) / (vectors * c);        // a multiplication
      const double in_flight = std::min(1.0, vectors * c / 10);  // chains that hide the latency of an FMA
      const double cost = computed * (1 + 0.25 * loads) / in_flight;
      if (cost < best_cost - 1e-9) best = {p, c}, best_cost = cost;
    }
  }
  return best;
}

std::string check_numbers(const Numbers& schedule,
                          const std::vector<std::pair<std::string, int>>& names_and_limits) {
  for (const auto& [name, limit] : names_and_limits) {
    const auto found = schedule.find(name);
    if (found == schedule.end()) return name + " is missing";
    if (found->second < 1 || found->second > limit)
      return name + "=" + std::to_string(found->second) + " is not in 1.." + std::to_string(limit);
  }
  if (schedule.size() != names_and_limits.size()) return "it has numbers that the operator does not know";
  return "";
}

std::vector<Axis> no_axes(const Numbers& /*problem*/, const Machine& /*machine*/) { return {}; }
Numbers no_fit(const Numbers& /*problem*/, Numbers schedule) { return schedule; }
bool always_worth_trying(const Numbers& /*problem*/, const Numbers& /*schedule*/,
                         const Machine& /*machine*/) {
  return true;
}

std::vector<int> divisors(int number) {
  std::vector<int> result;
  for (int d = 1; d <= number; ++d)
    if (number % d == 0) result.push_back(d);
  return result;
}

std::vector<int> spread_values(int most) {
  std::vector<int> result;
  for (int v = 1; v <= most; v += std::max(1, v / 16)) result.push_back(v);
  if (!result.empty() && result.back() != most) result.push_back(most);
  return result;
}

std::vector<int> part_lengths(int total, int least) {
  std::vector<int> result;
  for (int parts = 1; parts <= total; ++parts) {
    const int length = (total + parts - 1) / parts;
    if (length < least && parts > 1) break;
    if (result.empty() || result.back() != length) result.push_back(length);
  }
  std::reverse(result.begin(), result.end());
  return result;
}

int divisor_below(int number, int wanted) {
  int d = std::clamp(wanted, 1, number);
  while (number % d != 0) --d;
  return d;
}

int blocks_for_threads(int length, int other_tasks, int least) {
  constexpr int wanted = 8;  // tasks a step: enough for a few threads to end together
  return std::clamp((wanted + other_tasks - 1) / other_tasks, 1, std::max(1, length / least));
}

}  // namespace effnet
