#include "generators/operator.h"

#include <algorithm>
#include <cstdlib>

#include "generators/classifier/schedule.h"
#include "generators/common/tile_group.h"
#include "generators/expand_depthwise/schedule.h"
#include "generators/pointwise/schedule.h"
#include "generators/squeeze_excite/schedule.h"
#include "generators/stem/schedule.h"
#include "models/activation.h"
#include "models/packing.h"

namespace effnet {

namespace {

bool gains_groups(const Numbers& problem) {
  return static_cast<Activation>(problem.at("activation")) == Activation::swish;
}

}  // namespace

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

bool leaves_second_cache(const Numbers& problem) {
  const std::int64_t pixel =
      std::int64_t{padded(problem.at("out_channels"))} * traits_of(types_of(problem).maps).bytes;
  return pixel * problem.at("out_height") * problem.at("out_width") >= second_cache_bytes;
}

int vectors_of(const RegisterTile& tile, const Machine& machine) {
  return tile.panels * tile.lanes / std::min(machine.lanes, tile.lanes);
}

int accumulators_of(const RegisterTile& tile, const Machine& machine) {
  return vectors_of(tile, machine) * tile.columns;
}

bool fits_registers(const RegisterTile& tile, const Machine& machine) {
  const int vectors = vectors_of(tile, machine);
  const int products = machine.fma ? 1 : 2;  // without FMA a product needs a register of its own
  return accumulators_of(tile, machine) + std::min(vectors, machine.registers / 4) + products <=
         machine.registers;
}

double tile_cost(const RegisterTile& tile, const Machine& machine) {
  const double accumulators = accumulators_of(tile, machine);
  const double loads = (vectors_of(tile, machine) + tile.columns) / accumulators;  // a multiplication
  return (1 + 0.25 * loads) / std::min(1.0, accumulators / 10);  // ten chains hide the latency of an FMA
}

double covering_cost(const RegisterTile& tile, int columns, const Machine& machine) {
  const int computed = (columns + tile.columns - 1) / tile.columns * tile.columns;
  return tile_cost(tile, machine) * computed / columns;
}

RegisterTile best_register_tile(int panels, const RegisterTile& most, int columns, const Machine& machine) {
  RegisterTile best{1, 1};
  double best_cost = 1e30;
  for (int p = 1; p <= std::min(panels, most.panels); ++p) {
    if (panels % p != 0) continue;
    for (int c = 1; c <= most.columns && fits_registers({p, c}, machine); ++c) {
      const double cost = covering_cost({p, c}, columns, machine);
      if (cost < best_cost - 1e-9) best = {p, c}, best_cost = cost;
    }
  }
  return best;
}

int sum_steps(const Numbers& problem) {
  const int together = types_of(problem).together();
  return (problem.at("channels") + together - 1) / together;
}

std::vector<int> unroll_values(const Numbers& problem) {
  std::vector<int> values;
  for (int unroll = 1; unroll <= most_unrolled; unroll *= 2)
    if (sum_steps(problem) % unroll == 0) values.push_back(unroll);
  return values;
}

// Integers whose products take an addition of their own are unrolled less: LLVM adds several products up before, and has no
// registers for them (Zen 2: 2 steps 10 % faster than 4).
int default_unroll(const Numbers& problem) {
  return divisor_below(sum_steps(problem), types_of(problem).widened ? 2 : 4);
}

// Measured with vectors of 8 lanes only. 300 of them, 10 KB of the first cache, are a row of 150 columns of one panel; longer groups
// gain nothing.
int default_group(const Numbers& problem, const RegisterTile& tile, int width, const Machine& machine) {
  constexpr int wanted_vectors = 300;
  if (machine.lanes != 8) return 1;
  return fit_group(problem, wanted_vectors / accumulators_of(tile, machine), tile.columns, width);
}

std::vector<int> group_values(const Numbers& problem, int width) {
  if (!gains_groups(problem)) return {1};
  std::vector<int> values;
  for (const int group : {1, 2, 3, 4, 6, 8, 12, 16, 24, 48})
    if (group <= width) values.push_back(group);
  return values;
}

int fit_group(const Numbers& problem, int wanted, int columns, int width) {
  if (!gains_groups(problem)) return 1;
  const int tiles = tiles_over(width, columns);
  const int groups = (tiles + std::clamp(wanted, 1, tiles) - 1) / std::clamp(wanted, 1, tiles);
  return (tiles + groups - 1) / groups;
}

bool has_flag(const Numbers& schedule, const char* name) {
  const auto found = schedule.find(name);
  return found != schedule.end() && found->second != 0;
}

std::string check_numbers(const Numbers& schedule,
                          const std::vector<std::pair<std::string, int>>& names_and_limits,
                          const std::vector<std::string>& flags) {
  std::string wrong;
  std::size_t known = 0;
  const auto check = [&](const std::string& name, int least, int most, bool optional) {
    const auto found = schedule.find(name);
    known += found != schedule.end();
    if (!wrong.empty() || (optional && found == schedule.end())) return;
    if (found == schedule.end())
      wrong = name + " is missing";
    else if (found->second < least || found->second > most)
      wrong = name + "=" + std::to_string(found->second) + " is not in " + std::to_string(least) + ".." +
              std::to_string(most);
  };
  for (const auto& [name, limit] : names_and_limits) check(name, 1, limit, false);
  for (const std::string& name : flags) check(name, 0, 1, true);
  if (wrong.empty() && known != schedule.size()) return "it has numbers that the operator does not know";
  return wrong;
}

std::vector<Axis> no_axes(const Numbers& /*problem*/, const Machine& /*machine*/) { return {}; }
Numbers no_fit(const Numbers& /*problem*/, Numbers schedule) { return schedule; }
bool always_worth_trying(const Numbers& /*problem*/, const Numbers& /*schedule*/,
                         const Machine& /*machine*/) {
  return true;
}

std::vector<int> flag_values(bool may_be_set) {
  return may_be_set ? std::vector<int>{0, 1} : std::vector<int>{0};
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

int blocks_for_threads(int length, int other_tasks, int least, int threads) {
  const int wanted = wanted_tasks(threads);
  return std::clamp((wanted + other_tasks - 1) / other_tasks, 1, std::max(1, length / least));
}

}  // namespace effnet
