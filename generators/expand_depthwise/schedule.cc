#include "generators/expand_depthwise/schedule.h"

#include <algorithm>

#include "models/packing.h"

namespace effnet {

namespace {

// The depthwise tile loads about one vector a multiplication, so it gains nothing from more accumulators than
// hide the latency; tiles of more than half of the registers spill around the activation.
int depthwise_columns(int panels, int width, const Machine& machine) {
  const int vectors = panels * panel_lanes / machine.lanes;
  const int most = std::max(1, (machine.registers / 2 - 2) / vectors);
  const int tiles = (width + most - 1) / most;
  return std::min(width, (width + tiles - 1) / tiles);
}

}  // namespace

Numbers depthwise_default(const Numbers& problem, const Machine& machine) {
  const bool expand = problem.count("channels") && problem.at("expand") == 1;
  const int out_panels = panels(problem.at("out_channels")), height = problem.at("out_height");
  // Blocks of more than two panels make the ring too large for the first-level cache and gain nothing.
  const RegisterTile tile =
      expand ? best_register_tile(out_panels, 2, problem.at("width"), machine) : RegisterTile{1, 1};
  // Rows that a strip computes again: kernel - stride; at least twelve times as many rows of its own.
  const int least = std::max(1, 12 * (problem.at("kernel") - problem.at("stride")) / problem.at("stride"));
  const int strips = blocks_for_threads(height, out_panels / tile.panels, least);
  return {{"block_panels", tile.panels},
          {"expand_panels", tile.panels},
          {"expand_columns", tile.columns},
          {"depthwise_panels", tile.panels},
          {"depthwise_columns", depthwise_columns(tile.panels, problem.at("out_width"), machine)},
          {"strip_rows", (height + strips - 1) / strips},
          {"prefetch", expand ? 1 : 0}};
}

std::string depthwise_check(const Numbers& problem, const Numbers& schedule) {
  const int out_panels = panels(problem.at("out_channels"));
  std::string wrong = check_numbers(schedule,
                                    {{"block_panels", out_panels},
                                     {"expand_panels", out_panels},
                                     {"depthwise_panels", out_panels},
                                     {"expand_columns", problem.at("width")},
                                     {"depthwise_columns", problem.at("out_width")},
                                     {"strip_rows", problem.at("out_height")}},
                                    {"prefetch"});
  if (!wrong.empty()) return wrong;
  if (out_panels % schedule.at("block_panels") != 0) return "block_panels does not divide the panels";
  for (const char* tile : {"expand_panels", "depthwise_panels"})
    if (schedule.at("block_panels") % schedule.at(tile) != 0)
      return tile + std::string(" does not divide block_panels");
  return "";
}

std::int64_t depthwise_scratch(const Numbers& problem, const Numbers& schedule) {
  const int tile = schedule.at("expand_columns"), width = problem.at("width"), left = problem.at("left");
  const int computed = (width + tile - 1) / tile * tile;
  const int needed = (problem.at("out_width") - 1) * problem.at("stride") + problem.at("kernel");
  const std::int64_t lanes = static_cast<std::int64_t>(panel_lanes) * schedule.at("block_panels"),
                     block = 4 * lanes;
  // Weights that are not multiplied as they are stored.
  const MatrixTypes types = types_of(problem);
  const int inputs = types.multiplies_stored() ? 0 : problem.at("channels");
  const int taps = problem.contains("taps") ? problem.at("kernel") * problem.at("kernel") : 0;
  const std::int64_t values = types.widened ? std::int64_t{computed} * padded(problem.at("channels")) *
                                                  traits_of(types.values()).bytes
                                            : 0;
  return block * problem.at("kernel") * std::max(needed, left + computed) + block * taps +
         (values + 63) / 64 * 64 + lanes * traits_of(types.factors()).bytes * inputs;
}

std::vector<Axis> depthwise_space(const Numbers& problem, const Machine& machine) {
  const int out_panels = panels(problem.at("out_channels"));
  const bool expand = problem.count("expand") && problem.at("expand") == 1;
  const std::vector<int> columns = spread_values(std::min(problem.at("width"), machine.registers));
  return {{"block_panels", divisors(out_panels)},
          {"expand_panels", expand ? divisors(out_panels) : std::vector<int>{1}},
          {"depthwise_panels", divisors(out_panels)},
          {"expand_columns", expand ? columns : std::vector<int>{1}},
          {"depthwise_columns", spread_values(std::min(problem.at("out_width"), machine.registers))},
          {"strip_rows", part_lengths(problem.at("out_height"), 2)},
          {"prefetch", expand ? std::vector<int>{0, 1} : std::vector<int>{0}}};
}

Numbers depthwise_fit(const Numbers& problem, Numbers s) {
  s["block_panels"] = divisor_below(panels(problem.at("out_channels")), s["block_panels"]);
  s["depthwise_panels"] = divisor_below(s["block_panels"], s["depthwise_panels"]);
  s["expand_panels"] = divisor_below(s["block_panels"], s["expand_panels"]);
  s["expand_columns"] = std::clamp(s["expand_columns"], 1, problem.at("width"));
  s["depthwise_columns"] = std::clamp(s["depthwise_columns"], 1, problem.at("out_width"));
  s["strip_rows"] = std::clamp(s["strip_rows"], 1, problem.at("out_height"));
  return s;
}

// The ring is read `kernel` times a row: beyond half of a second-level cache it is no ring any more.
bool depthwise_worth_trying(const Numbers& problem, const Numbers& s, const Machine& machine) {
  return fits_registers({s.at("expand_panels"), s.at("expand_columns")}, machine) &&
         fits_registers({s.at("depthwise_panels"), s.at("depthwise_columns")}, machine) &&
         depthwise_scratch(problem, s) <= second_cache_bytes / 2;
}

}  // namespace effnet
