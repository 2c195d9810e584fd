#include "generators/squeeze_excite/schedule.h"

#include <algorithm>

#include "models/packing.h"

namespace effnet {

namespace {

// Smaller ones take 1 to 5 us (Zen 2); with two threads they took as long in two tasks.
constexpr std::int64_t least_split_bytes = 64 << 10;

std::int64_t weight_bytes(const Numbers& problem) {
  return std::int64_t{2} * traits_of(types_of(problem).weights).bytes * padded(problem.at("channels")) *
         padded(problem.at("squeezed"));
}

}  // namespace

Numbers squeeze_excite_default(const Numbers& problem, const Machine& /*machine*/, int threads) {
  const int all = panels(problem.at("channels"));
  const int tasks = weight_bytes(problem) < least_split_bytes ? 1 : std::min(threads, all);
  const std::vector<int> blocks = divisors(all);
  return {{"block_panels", *std::lower_bound(blocks.begin(), blocks.end(), (all + tasks - 1) / tasks)}};
}

std::string squeeze_excite_check(const Numbers& problem, const Numbers& schedule) {
  const int all = panels(problem.at("channels"));
  std::string wrong = check_numbers(schedule, {{"block_panels", all}});
  if (wrong.empty() && all % schedule.at("block_panels") != 0)
    wrong = "block_panels does not divide the panels";
  return wrong;
}

std::int64_t squeeze_excite_scratch(const Numbers& problem, const Numbers& /*schedule*/) {
  // The means and the hidden layer, in the kernel's scratch.
  return 4ll * (padded(problem.at("channels")) + padded(problem.at("squeezed")));
}

}  // namespace effnet
