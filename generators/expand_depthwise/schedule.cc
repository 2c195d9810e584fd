#include "generators/expand_depthwise/schedule.h"

#include <algorithm>

#include "generators/common/tile_group.h"
#include "models/packing.h"

namespace effnet {

namespace {

// The depthwise tile loads about one vector a multiplication, so it gains nothing from more accumulators than
// hide the latency; tiles of more than half of the registers spill, and where the activation follows each, of two fewer.
int depthwise_columns(const Numbers& problem, int panels, const Machine& machine) {
  const int vectors = vectors_of({panels, 1}, machine), width = problem.at("out_width");
  const auto columns_of = [&](int accumulators) {
    const int tiles = tiles_over(width, std::max(1, accumulators / vectors));
    return tiles_over(width, tiles);
  };
  const int columns = columns_of(machine.registers / 2);
  const bool activated_later = default_group(problem, {panels, columns}, width, machine) > 1;
  return activated_later ? columns : columns_of(machine.registers / 2 - 2);
}

bool expands(const Numbers& problem) { return problem.count("expand") && problem.at("expand") == 1; }

bool may_be_flat(const Numbers& problem, const Numbers& schedule) {
  return expands(problem) && schedule.at("strip_rows") == problem.at("out_height");
}

// Of the expanded rows, or flat of the whole map.
TileGroup row_group(const Numbers& problem, const Numbers& schedule) {
  const int length = problem.at("width") * (has_flag(schedule, "flat") ? problem.at("height") : 1);
  return {schedule.at("expand_panels"), schedule.at("expand_columns"), schedule.at("expand_group"), length};
}

TileGroup out_group(const Numbers& problem, const Numbers& schedule) {
  return {schedule.at("depthwise_panels"), schedule.at("depthwise_columns"), schedule.at("depthwise_group"),
          problem.at("out_width")};
}

int pixels_of(const Numbers& problem) { return problem.at("width") * problem.at("height"); }

// Whether tiles of pixels beat tiles of a row's columns. The expanded map has to stay in the second cache, and most of it
// in the first: measured with AVX2, flat wins up to 19x19 pixels of a panel, beyond that it depends.
bool gains_flat(const Numbers& problem, const RegisterTile& columns, const RegisterTile& pixels,
                const Machine& machine) {
  constexpr int most_bytes = 24 << 10;
  if (4 * panel_lanes * pixels.panels * pixels_of(problem) > most_bytes) return false;
  const double columns_cost = covering_cost(columns, problem.at("width"), machine);
  return covering_cost(pixels, pixels_of(problem), machine) < 0.97 * columns_cost;
}

// A step of more than 16 accumulators is a long iteration with AVX-512; and of 22 to 28 LLVM let go when four steps were
// unrolled and a 5x5 kernel followed: all of them lay on the stack.
int expand_unroll(const Numbers& problem, const RegisterTile& tile, const Machine& machine) {
  return machine.lanes == panel_lanes && accumulators_of(tile, machine) > 16 ? 1 : default_unroll(problem);
}

// A strip computes `kernel - stride` rows of its neighbour's again. For one or two threads it has at least twelve times as
// many of its own; more threads would rather compute than wait.
int default_strips(const Numbers& problem, int blocks, int threads) {
  const int height = problem.at("out_height"), stride = problem.at("stride");
  const int again = problem.at("kernel") - stride;  // of the input
  if (threads <= 2) return blocks_for_threads(height, blocks, std::max(1, 12 * again / stride), threads);
  int best = 1;
  double best_cost = 1e30;
  for (int wanted = 1; wanted <= height; ++wanted) {
    const int strips = tiles_over(height, tiles_over(height, wanted));
    const double rows = 1 + static_cast<double>(again * (strips - 1)) / (stride * height);
    const double cost = rows * waiting(blocks * strips, threads);
    if (cost < best_cost - 1e-9) best = strips, best_cost = cost;
  }
  return best;
}

}  // namespace

Numbers depthwise_default(const Numbers& problem, const Machine& machine, int threads) {
  const bool expand = expands(problem);
  const int out_panels = panels(problem.at("out_channels")), height = problem.at("out_height");
  // Blocks of more than two panels make the ring too large for the first-level cache and gain nothing.
  const auto tile_of = [&](int columns) {
    return expand ? best_register_tile(out_panels, {2, problem.at("width")}, columns, machine)
                  : RegisterTile{1, 1};
  };
  const RegisterTile columns = tile_of(problem.at("width")), pixels = tile_of(pixels_of(problem));
  const int strips = default_strips(problem, out_panels / columns.panels, threads);
  const bool flat = expand && strips == 1 && gains_flat(problem, columns, pixels, machine);
  const RegisterTile& tile = flat ? pixels : columns;
  const RegisterTile out_tile{tile.panels, depthwise_columns(problem, tile.panels, machine)};
  // Flat, groups gain nothing or lose up to 7 %.
  const int expand_group = expand && !flat ? default_group(problem, tile, problem.at("width"), machine) : 1;
  return {{"block_panels", tile.panels},
          {"expand_panels", tile.panels},
          {"expand_columns", tile.columns},
          {"expand_unroll", expand ? expand_unroll(problem, tile, machine) : 1},
          {"expand_group", expand_group},
          {"depthwise_panels", out_tile.panels},
          {"depthwise_columns", out_tile.columns},
          {"depthwise_group", default_group(problem, out_tile, problem.at("out_width"), machine)},
          {"strip_rows", (height + strips - 1) / strips},
          {"flat", flat},
          {"prefetch", expand ? 1 : 0},
          {"prefetch_output", leaves_second_cache(problem)}};
}

std::string depthwise_check(const Numbers& problem, const Numbers& schedule) {
  const int out_panels = panels(problem.at("out_channels"));
  std::string wrong = check_numbers(schedule,
                                    {{"block_panels", out_panels},
                                     {"expand_panels", out_panels},
                                     {"expand_unroll", expands(problem) ? most_unrolled : 1},
                                     {"expand_group", pixels_of(problem)},
                                     {"depthwise_panels", out_panels},
                                     {"depthwise_group", problem.at("out_width")},
                                     {"expand_columns", expands(problem) ? problem.at("width") : 1},
                                     {"depthwise_columns", problem.at("out_width")},
                                     {"strip_rows", problem.at("out_height")}},
                                    {"flat", "prefetch", "prefetch_output"});
  if (!wrong.empty()) return wrong;
  if (has_flag(schedule, "flat") && !may_be_flat(problem, schedule))
    return "flat needs an expansion, and the whole map as one strip";
  if (out_panels % schedule.at("block_panels") != 0) return "block_panels does not divide the panels";
  if (expands(problem) && sum_steps(problem) % schedule.at("expand_unroll") != 0)
    return "expand_unroll does not divide the steps of the sum";
  for (const auto& [name, group] : {std::pair{"expand_group", row_group(problem, schedule)},
                                    {"depthwise_group", out_group(problem, schedule)}})
    if (group.tiles > group.most_tiles()) return name + std::string(" has more tiles than there are");
  for (const char* tile : {"expand_panels", "depthwise_panels"})
    if (schedule.at("block_panels") % schedule.at(tile) != 0)
      return tile + std::string(" does not divide block_panels");
  return "";
}

std::int64_t depthwise_scratch(const Numbers& problem, const Numbers& schedule) {
  const int width = problem.at("width"), left = problem.at("left");
  const int kernel = problem.at("kernel"), stride = problem.at("stride");
  const bool flat = has_flag(schedule, "flat");
  const TileGroup rows_made = row_group(problem, schedule);
  const auto needed = [&](const char* outputs) { return (problem.at(outputs) - 1) * stride + kernel; };
  const int columns = std::max(needed("out_width"), left + width);
  const int rows = flat ? std::max(needed("out_height"), problem.at("top") + problem.at("height")) : kernel;
  const std::int64_t lanes = static_cast<std::int64_t>(panel_lanes) * schedule.at("block_panels"),
                     block = 4 * lanes;
  // Weights that are not multiplied as they are stored.
  const MatrixTypes types = types_of(problem);
  const int inputs = types.multiplies_stored() ? 0 : problem.at("channels");
  const int taps = problem.contains("taps") ? kernel * kernel : 0;
  const std::int64_t values =
      types.widened
          ? std::int64_t{rows_made.length} * padded(problem.at("channels")) * traits_of(types.values()).bytes
          : 0;
  const TileGroup out = out_group(problem, schedule);
  const std::int64_t activated =
      rounds_apart(types, static_cast<Activation>(problem.at("activation"))) ? out.float_bytes() : 0;
  return block * rows * columns + block * taps + whole_lines(values) +
         lanes * traits_of(types.factors()).bytes * inputs + rows_made.scratch_bytes() + out.scratch_bytes() +
         activated;
}

std::vector<Axis> depthwise_space(const Numbers& problem, const Machine& machine) {
  const int out_panels = panels(problem.at("out_channels"));
  const bool expand = expands(problem);
  const std::vector<int> columns = spread_values(std::min(problem.at("width"), machine.registers));
  return {{"block_panels", divisors(out_panels)},
          {"expand_panels", expand ? divisors(out_panels) : std::vector<int>{1}},
          {"depthwise_panels", divisors(out_panels)},
          {"expand_columns", expand ? columns : std::vector<int>{1}},
          {"expand_unroll", expand ? unroll_values(problem) : std::vector<int>{1}},
          {"depthwise_columns", spread_values(std::min(problem.at("out_width"), machine.registers))},
          {"expand_group", expand ? group_values(problem, pixels_of(problem)) : std::vector<int>{1}, true},
          {"depthwise_group", group_values(problem, problem.at("out_width")), true},
          {"strip_rows", part_lengths(problem.at("out_height"), 2)},
          {"flat", flag_values(expand)},
          {"prefetch", flag_values(expand), true},
          {"prefetch_output", flag_values(leaves_second_cache(problem)), true}};
}

Numbers depthwise_fit(const Numbers& problem, Numbers s) {
  s["block_panels"] = divisor_below(panels(problem.at("out_channels")), s["block_panels"]);
  s["depthwise_panels"] = divisor_below(s["block_panels"], s["depthwise_panels"]);
  s["expand_panels"] = divisor_below(s["block_panels"], s["expand_panels"]);
  s["expand_columns"] = expands(problem) ? std::clamp(s["expand_columns"], 1, problem.at("width")) : 1;
  s["expand_unroll"] =
      expands(problem) ? divisor_below(sum_steps(problem), std::min(s["expand_unroll"], most_unrolled)) : 1;
  s["depthwise_columns"] = std::clamp(s["depthwise_columns"], 1, problem.at("out_width"));
  s["strip_rows"] = std::clamp(s["strip_rows"], 1, problem.at("out_height"));
  s["flat"] = has_flag(s, "flat") && may_be_flat(problem, s);
  s["expand_group"] = expands(problem) ? fit_group(problem, s["expand_group"], s["expand_columns"],
                                                   row_group(problem, s).length)
                                       : 1;
  s["depthwise_group"] =
      fit_group(problem, s["depthwise_group"], s["depthwise_columns"], problem.at("out_width"));
  s["prefetch"] = has_flag(s, "prefetch") && expands(problem);
  s["prefetch_output"] = has_flag(s, "prefetch_output") && leaves_second_cache(problem);
  return s;
}

// The ring, or the flat map, is read `kernel` times a row: that has to be from a cache.
bool depthwise_worth_trying(const Numbers& problem, const Numbers& s, const Machine& machine) {
  return fits_registers({s.at("expand_panels"), s.at("expand_columns")}, machine) &&
         fits_registers({s.at("depthwise_panels"), s.at("depthwise_columns")}, machine) &&
         depthwise_scratch(problem, s) <= second_cache_bytes / 2;
}

}  // namespace effnet
