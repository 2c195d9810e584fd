#include "generators/pointwise/schedule.h"

#include <algorithm>

#include "models/packing.h"

namespace effnet {

namespace {

struct Choice {
  int tile_panels, tile_pixels;
  bool halves;
  int block_panels, block_pixels;
};

// Whether the last panel's upper half has no channels and can be left out: an average goes over whole panels, and
// instructions that multiply and add several inputs at a time fill 16 lanes or are not worth it.
bool has_empty_half(const Numbers& problem) {
  const int rest = problem.at("out_channels") % panel_lanes;
  return rest > 0 && rest <= panel_lanes / 2 && !types_of(problem).multiplies_together() &&
         problem.at("averages") == 0;
}

// Cycles a multiplication by the gate takes, memory included, in units of a multiply-add; rounding to bf16 included.
double gating(const Numbers& problem) {
  const MatrixTypes types = types_of(problem);
  return types.together() == 1 || types.affine() ? 5 : 15;
}

// Every thread has a gated input in the arena.
constexpr std::int64_t most_gated_bytes = 2 << 20;

bool makes_values(const Numbers& problem) {
  return static_cast<Gate>(problem.at("gated")) == Gate::input || types_of(problem).widened;
}

std::int64_t gated_input_bytes(const Numbers& problem, int pixels) {
  const std::int64_t pixel = traits_of(types_of(problem).values()).bytes * padded(problem.at("channels"));
  return whole_lines(pixel * pixels);
}

// Whether the sum reads an input of at least so many bytes, and not a copy in scratch.
bool streams_input(const Numbers& problem, std::int64_t least_bytes) {
  const std::int64_t pixel = traits_of(types_of(problem).maps).bytes * padded(problem.at("channels"));
  return !makes_values(problem) && pixel * problem.at("pixels") >= least_bytes;
}

// From here on it may come from memory. Measured with AVX2 (Zen 2, third cache of 16 MB): 17 MB 25 % faster, 4 to 8 MB 0 to
// 15 %, less than 4 MB the same.
constexpr std::int64_t streamed_bytes = 2 << 20;

RegisterTile register_tile(int tile_panels, int pixels, bool halves) {
  if (!halves) return {tile_panels, pixels};
  return {halves_with_channels(tile_panels), pixels, panel_lanes / 2};
}

RegisterTile register_tile(const Numbers& schedule) {
  return register_tile(schedule.at("tile_panels"), schedule.at("tile_pixels"), has_flag(schedule, "halves"));
}

// Vectors longer than half a panel compute the empty half anyway.
bool gains_halves(const Numbers& problem, const Machine& machine) {
  return has_empty_half(problem) && machine.lanes <= panel_lanes / 2;
}

// Every tile of pixels reads the tile of weights again, which comes from the second cache: 64 bytes a panel and step,
// while `tile_pixels` multiply-adds a panel are done.
double streaming(int tile_pixels) { return 0.5 / tile_pixels; }

// Of one vector of multiply-adds, lanes without channels counted, in vectors of multiply-adds; what several tasks do
// again included.
double cost_of(const Choice& c, const Numbers& problem, const Machine& machine) {
  const int pixels = problem.at("pixels");
  const int strips = (pixels + c.block_pixels - 1) / c.block_pixels;
  const RegisterTile tile = register_tile(c.tile_panels, c.tile_pixels, c.halves);
  const double computed = static_cast<double>(tile.panels * tile.lanes) / (c.tile_panels * panel_lanes);
  const double cost =
      (tile_cost(tile, machine) + streaming(c.tile_pixels)) * computed * strips * c.block_pixels / pixels;
  switch (static_cast<Gate>(problem.at("gated"))) {
    case Gate::none:
      return cost;
    case Gate::weights:
      return cost + computed * gating(problem) / c.block_pixels;
    case Gate::input:
      return cost + gating(problem) / (c.block_panels * panel_lanes);
  }
  return cost;
}

}  // namespace

Gate gate_of(int pixels, int out_channels, const MatrixTypes& types) {
  return pixels < 2 * out_channels || traits_of(types.weights).scaled ? Gate::input : Gate::weights;
}

// The cheapest of all tiles and blocks that make enough tasks; of those with too few, the one with the most.
Numbers pointwise_default(const Numbers& problem, const Machine& machine, int threads) {
  const int pixels = problem.at("pixels");
  const int out_panels = panels(problem.at("out_channels"));
  const int wanted = wanted_tasks(threads);
  const bool whole = problem.at("averages") == 1;  // the average needs all pixels of a channel in one task
  const std::int64_t gated_bytes = makes_values(problem) ? gated_input_bytes(problem, pixels) : 0;
  const int least_strips = static_cast<int>(1 + gated_bytes / most_gated_bytes);
  Choice best{1, 1, false, 1, pixels};
  double best_cost = 1e30;
  int most_tasks = 0;
  const auto consider = [&](const Choice& c) {
    const int strips = (pixels + c.block_pixels - 1) / c.block_pixels;
    const int all = out_panels / c.block_panels * strips, tasks = std::min(wanted, all);
    const double cost = cost_of(c, problem, machine) * waiting(all, threads);
    if (tasks < most_tasks || (tasks == most_tasks && cost >= best_cost - 1e-9)) return;
    best = c, best_cost = cost, most_tasks = tasks;
  };
  const auto consider_tile = [&](int tile_panels, int tile_pixels, bool halves) {
    for (int block = tile_panels; block <= out_panels; block += tile_panels) {
      if (out_panels % block != 0) continue;
      const int tiles = (pixels + tile_pixels - 1) / tile_pixels;
      const int most = whole ? 1 : std::min(tiles, std::max(wanted, least_strips));
      for (int strips = std::min(least_strips, most); strips <= most; ++strips)
        consider({tile_panels, tile_pixels, halves, block, (tiles + strips - 1) / strips * tile_pixels});
    }
  };
  const auto consider_panels = [&](int tile_panels, bool halves) {
    for (int n = 1; n <= pixels && fits_registers(register_tile(tile_panels, n, halves), machine); ++n)
      consider_tile(tile_panels, n, halves);
  };
  for (int tile_panels = 1; tile_panels <= std::min(out_panels, 8); ++tile_panels)
    if (out_panels % tile_panels == 0) consider_panels(tile_panels, false);
  if (gains_halves(problem, machine)) consider_panels(out_panels, true);
  return {{"block_panels", best.block_panels},
          {"block_pixels", best.block_pixels},
          {"tile_panels", best.tile_panels},
          {"tile_pixels", best.tile_pixels},
          {"unroll", default_unroll(problem)},
          {"halves", best.halves},
          {"prefetch", 1},
          {"prefetch_input", streams_input(problem, streamed_bytes)}};
}

std::string pointwise_check(const Numbers& problem, const Numbers& schedule) {
  const int out_panels = panels(problem.at("out_channels")), pixels = problem.at("pixels");
  std::string wrong = check_numbers(schedule,
                                    {{"block_panels", out_panels},
                                     {"block_pixels", pixels + 63},
                                     {"tile_panels", out_panels},
                                     {"tile_pixels", 64},
                                     {"unroll", most_unrolled}},
                                    {"halves", "prefetch", "prefetch_input"});
  if (!wrong.empty()) return wrong;
  if (out_panels % schedule.at("block_panels") != 0) return "block_panels does not divide the panels";
  if (schedule.at("block_panels") % schedule.at("tile_panels") != 0)
    return "tile_panels does not divide block_panels";
  if (has_flag(schedule, "halves") && !(has_empty_half(problem) && schedule.at("tile_panels") == out_panels))
    return "halves need an empty half panel, and all panels in the tile";
  if (schedule.at("block_pixels") % schedule.at("tile_pixels") != 0)
    return "tile_pixels does not divide block_pixels";
  if (sum_steps(problem) % schedule.at("unroll") != 0) return "unroll does not divide the steps of the sum";
  if (problem.at("averages") == 1 && schedule.at("block_pixels") < pixels)
    return "the average needs all pixels in one task";
  return "";
}

std::int64_t pointwise_scratch(const Numbers& problem, const Numbers& schedule) {
  const auto gate = static_cast<Gate>(problem.at("gated"));
  const MatrixTypes types = types_of(problem);
  std::int64_t bytes = 0;
  if (makes_values(problem)) bytes += gated_input_bytes(problem, schedule.at("block_pixels"));
  if (makes_gate_factors(gate, types)) bytes += whole_lines(2 * padded(problem.at("channels")));
  if (gate == Gate::weights || !types.multiplies_stored()) {
    const RegisterTile tile = register_tile(schedule);
    bytes += static_cast<std::int64_t>(traits_of(types.factors()).bytes) * tile.lanes * tile.panels *
             sum_steps(problem) * types.together();
  }
  return bytes;
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
  const bool streamed = streams_input(problem, second_cache_bytes);
  return {{"block_panels", divisors(out_panels)},
          {"block_pixels", problem.at("averages") == 1 ? std::vector<int>{pixels} : block_lengths(pixels)},
          {"tile_panels", divisors(out_panels)},
          {"tile_pixels", spread_values(std::min(pixels, machine.registers))},
          {"unroll", unroll_values(problem)},
          {"halves", flag_values(gains_halves(problem, machine))},
          {"prefetch", {0, 1}, true},
          {"prefetch_input", flag_values(streamed), true}};
}

Numbers pointwise_fit(const Numbers& problem, Numbers s) {
  const int pixels = problem.at("pixels");
  const int out_panels = panels(problem.at("out_channels"));
  s["halves"] = has_flag(s, "halves") && has_empty_half(problem);
  s["prefetch"] = has_flag(s, "prefetch");
  s["prefetch_input"] = has_flag(s, "prefetch_input") && streams_input(problem, second_cache_bytes);
  if (s["halves"] == 1) s["block_panels"] = s["tile_panels"] = out_panels;
  s["block_panels"] = divisor_below(out_panels, s["block_panels"]);
  s["tile_panels"] = divisor_below(s["block_panels"], s["tile_panels"]);
  s["tile_pixels"] = std::clamp(s["tile_pixels"], 1, std::min(pixels, 64));
  const int wanted = problem.at("averages") == 1 ? pixels : std::clamp(s["block_pixels"], 1, pixels);
  s["block_pixels"] = (wanted + s["tile_pixels"] - 1) / s["tile_pixels"] * s["tile_pixels"];
  s["unroll"] = divisor_below(sum_steps(problem), std::min(s["unroll"], most_unrolled));
  return s;
}

// Gated weights of a tile lie in scratch and are read again for every tile of pixels.
bool pointwise_worth_trying(const Numbers& problem, const Numbers& s, const Machine& machine) {
  return fits_registers(register_tile(s), machine) && pointwise_scratch(problem, s) <= second_cache_bytes / 2;
}

}  // namespace effnet
