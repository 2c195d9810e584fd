#include "generators/stem/schedule.h"

#include <algorithm>

#include "generators/common/tile_group.h"
#include "models/packing.h"

namespace effnet {

namespace {

// ARM multiplies by a lane of a register, so that the inputs of the unrolled taps need registers, too: with less than a
// quarter of all for them, accumulators are spilled. x86 broadcasts from memory.
Machine without_inputs(Machine machine) {
  if (machine.lanes == 4 && machine.registers == 32) machine.registers -= 8;
  return machine;
}

TileGroup out_group(const Numbers& problem, const Numbers& schedule) {
  return {schedule.at("tile_panels"), schedule.at("columns"), schedule.at("group"), problem.at("out_width")};
}

}  // namespace

Numbers stem_default(const Numbers& problem, const Machine& machine, int threads) {
  const int height = problem.at("out_height"), width = problem.at("out_width");
  const RegisterTile tile =
      best_register_tile(panels(problem.at("out_channels")), {8, width}, width, without_inputs(machine));
  const int strips = blocks_for_threads(height, 1, 4, threads);
  return {{"tile_panels", tile.panels},
          {"columns", tile.columns},
          {"group", default_group(problem, tile, width, machine)},
          {"strip_rows", (height + strips - 1) / strips},
          {"prefetch_output", leaves_second_cache(problem)}};
}

std::string stem_check(const Numbers& problem, const Numbers& schedule) {
  const int out_panels = panels(problem.at("out_channels"));
  std::string wrong = check_numbers(schedule,
                                    {{"tile_panels", out_panels},
                                     {"columns", problem.at("out_width")},
                                     {"group", problem.at("out_width")},
                                     {"strip_rows", problem.at("out_height")}},
                                    {"prefetch_output"});
  if (wrong.empty() && out_panels % schedule.at("tile_panels") != 0)
    wrong = "tile_panels does not divide the panels";
  if (wrong.empty() && schedule.at("group") > out_group(problem, schedule).most_tiles())
    wrong = "group has more tiles than there are";
  return wrong;
}

std::int64_t stem_scratch(const Numbers& problem, const Numbers& schedule) {
  const int needed = (problem.at("out_width") - 1) * problem.at("stride") + problem.at("kernel");
  const int width = std::max(needed, problem.at("resolution") + problem.at("left"));
  return whole_lines(4ll * 3 * problem.at("kernel") * width) + out_group(problem, schedule).scratch_bytes();
}

std::vector<Axis> stem_space(const Numbers& problem, const Machine& machine) {
  return {{"tile_panels", divisors(panels(problem.at("out_channels")))},
          {"columns", spread_values(std::min(problem.at("out_width"), machine.registers))},
          {"group", group_values(problem, problem.at("out_width")), true},
          {"strip_rows", part_lengths(problem.at("out_height"), 2)},
          {"prefetch_output", flag_values(leaves_second_cache(problem)), true}};
}

Numbers stem_fit(const Numbers& problem, Numbers s) {
  s["tile_panels"] = divisor_below(panels(problem.at("out_channels")), s["tile_panels"]);
  s["columns"] = std::clamp(s["columns"], 1, problem.at("out_width"));
  s["group"] = fit_group(problem, s["group"], s["columns"], problem.at("out_width"));
  s["strip_rows"] = std::clamp(s["strip_rows"], 1, problem.at("out_height"));
  s["prefetch_output"] = has_flag(s, "prefetch_output") && leaves_second_cache(problem);
  return s;
}

bool stem_worth_trying(const Numbers& /*problem*/, const Numbers& s, const Machine& machine) {
  return fits_registers({s.at("tile_panels"), s.at("columns")}, machine);
}

}  // namespace effnet
