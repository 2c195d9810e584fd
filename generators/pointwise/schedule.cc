#include "generators/pointwise/schedule.h"

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

}  // namespace effnet
