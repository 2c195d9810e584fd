#include "generators/pointwise/schedule.h"

#include <algorithm>

#include "models/packing.h"

namespace effnet {

Numbers pointwise_default(const Numbers& problem, const Machine& machine) {
  const int pixels = problem.at("pixels"), channels = problem.at("channels");
  const int out_panels = panels(problem.at("out_channels"));
  const RegisterTile tile = best_register_tile(out_panels, 8, pixels, machine);
  const int tiles = (pixels + tile.columns - 1) / tile.columns;
  // The head's average needs all pixels of a channel in one
  // task. Otherwise at least 64 pixels share gated weights.
  const bool whole = problem.at("averages") == 1;
  const int blocks =
      whole ? 1 : blocks_for_threads(tiles, out_panels / tile.panels, (64 + tile.columns - 1) / tile.columns);
  return {{"block_panels", tile.panels},
          {"block_pixels", (tiles + blocks - 1) / blocks * tile.columns},
          {"tile_panels", tile.panels},
          {"tile_pixels", tile.columns},
          {"unroll", channels % 4 == 0   ? 4
                     : channels % 2 == 0 ? 2
                                         : 1}};
}

std::string pointwise_check(const Numbers& problem, const Numbers& schedule) {
  const int out_panels = panels(problem.at("out_channels")), pixels = problem.at("pixels");
  std::string wrong = check_numbers(schedule, {{"block_panels", out_panels},
                                               {"block_pixels", pixels + 63},
                                               {"tile_panels", out_panels},
                                               {"tile_pixels", 64},
                                               {"unroll", 16}});
  if (!wrong.empty()) return wrong;
  if (out_panels % schedule.at("block_panels") != 0) return "block_panels does not divide the panels";
  if (schedule.at("block_panels") % schedule.at("tile_panels") != 0)
    return "tile_panels does not divide block_panels";
  if (schedule.at("block_pixels") % schedule.at("tile_pixels") != 0)
    return "tile_pixels does not divide block_pixels";
  if (problem.at("channels") % schedule.at("unroll") != 0)
    return "unroll does not divide the input's channels";
  if (problem.at("averages") == 1 && schedule.at("block_pixels") < pixels)
    return "the average needs all pixels in one task";
  return "";
}

std::int64_t pointwise_scratch(const Numbers& problem, const Numbers& schedule) {
  if (problem.at("gated") == 0) return 0;
  return 4ll * panel_lanes * schedule.at("tile_panels") * problem.at("channels");
}

namespace {

// What a task may sensibly compute: tiles of pixels, in blocks of ever larger size.
std::vector<int> block_lengths(int pixels) {
  std::vector<int> lengths = part_lengths(pixels, 4);
  if (lengths.size() > 64) lengths.erase(lengths.begin(), lengths.end() - 64);
  return lengths;
}

}  // namespace

std::vector<Axis> pointwise_space(const Numbers& problem, const Machine& machine) {
  const int out_panels = panels(problem.at("out_channels")), pixels = problem.at("pixels");
  std::vector<int> unroll;
  for (const int u : {1, 2, 4, 8, 16})
    if (problem.at("channels") % u == 0) unroll.push_back(u);
  return {{"block_panels", divisors(out_panels)},
          {"block_pixels", problem.at("averages") == 1 ? std::vector<int>{pixels} : block_lengths(pixels)},
          {"tile_panels", divisors(out_panels)},
          {"tile_pixels", spread_values(std::min(pixels, machine.registers))},
          {"unroll", unroll}};
}

Numbers pointwise_fit(const Numbers& problem, Numbers s) {
  const int pixels = problem.at("pixels");
  s["block_panels"] = divisor_below(panels(problem.at("out_channels")), s["block_panels"]);
  s["tile_panels"] = divisor_below(s["block_panels"], s["tile_panels"]);
  s["tile_pixels"] = std::clamp(s["tile_pixels"], 1, std::min(pixels, 64));
  const int wanted = problem.at("averages") == 1 ? pixels : std::clamp(s["block_pixels"], 1, pixels);
  s["block_pixels"] = (wanted + s["tile_pixels"] - 1) / s["tile_pixels"] * s["tile_pixels"];
  s["unroll"] = divisor_below(problem.at("channels"), std::min(s["unroll"], 16));
  return s;
}

// Gated weights of a tile lie in scratch and are read again for every tile of pixels.
bool pointwise_worth_trying(const Numbers& problem, const Numbers& s, const Machine& machine) {
  return fits_registers({s.at("tile_panels"), s.at("tile_pixels")}, machine) &&
         pointwise_scratch(problem, s) <= second_cache_bytes / 2;
}

}  // namespace effnet
