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
      {"stem", stem_default, stem_check, stem_scratch, EFFNET_HASH_stem},
      {"depthwise", depthwise_default, depthwise_check, depthwise_scratch, EFFNET_HASH_expand_depthwise},
      {"expand_depthwise", depthwise_default, depthwise_check, depthwise_scratch,
       EFFNET_HASH_expand_depthwise},
      {"squeeze_excite", squeeze_excite_default, squeeze_excite_check, squeeze_excite_scratch,
       EFFNET_HASH_squeeze_excite},
      {"project", pointwise_default, pointwise_check, pointwise_scratch, EFFNET_HASH_pointwise},
      {"head", pointwise_default, pointwise_check, pointwise_scratch, EFFNET_HASH_pointwise},
      {"classifier", classifier_default, classifier_check, classifier_scratch, EFFNET_HASH_classifier},
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

double tile_cost(const RegisterTile& tile, const Machine& machine) {
  const double vectors = static_cast<double>(tile.panels) * panel_lanes / machine.lanes;
  const double accumulators = vectors * tile.columns;
  const double loads = (vectors + tile.columns) / accumulators;  // a multiplication
  return (1 + 0.25 * loads) / std::min(1.0, accumulators / 10);  // ten chains hide the latency of an FMA
}

RegisterTile best_register_tile(int panels, int most_panels, int columns, const Machine& machine) {
  RegisterTile best{1, 1};
  double best_cost = 1e30;
  for (int p = 1; p <= std::min(panels, most_panels); ++p) {
    if (panels % p != 0) continue;
    for (int c = 1; c <= columns && fits_registers({p, c}, machine); ++c) {
      const double computed = (columns + c - 1) / c * c / static_cast<double>(columns);
      const double cost = computed * tile_cost({p, c}, machine);
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

int blocks_for_threads(int length, int other_tasks, int least) {
  return std::clamp((wanted_tasks + other_tasks - 1) / other_tasks, 1, std::max(1, length / least));
}

}  // namespace effnet
