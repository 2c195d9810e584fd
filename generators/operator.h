// What the planner and the tuner know of an operator: its numbers, not its mathematics. One row an operator
// in operators(); the Halide::Generator of the same name takes the same numbers as GeneratorParams.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "generators/target.h"
#include "models/packing.h"
#include "schedules/numbers.h"
#include "schedules/types.h"

namespace effnet {

// One number of a schedule, and the values that are worth a try, ascending.
struct Axis {
  std::string name;
  std::vector<int> values;
  bool needs_time = false;  // only a measured time shows what it gains, not a model of the code
};

struct Operator {
  std::string name;
  Numbers (*default_schedule)(const Numbers& problem, const Machine& machine, int threads);
  // What is illegal about a schedule, for example from a row; empty when nothing is.
  std::string (*check_schedule)(const Numbers& problem, const Numbers& schedule);
  std::int64_t (*scratch_bytes)(const Numbers& problem, const Numbers& schedule);  // of one task
  // Where the tuner searches: a grid; fit_schedule makes its points legal, and takes another problem's
  // numbers to this one. The result still goes through check_schedule.
  std::vector<Axis> (*schedule_space)(const Numbers& problem, const Machine& machine);
  Numbers (*fit_schedule)(const Numbers& problem, Numbers schedule);
  // Whether its accumulators fit the registers and its rows the caches, so that it may be fast.
  bool (*worth_trying)(const Numbers& problem, const Numbers& schedule, const Machine& machine);
  std::string algorithm_hash;  // changes with the folder's algorithm: tells stale rows
};

const std::vector<Operator>& operators();
const Operator& find_operator(const std::string& name);  // must exist

// How many panels and columns (or pixels) of accumulators a register tile of a matrix product has.
struct RegisterTile {
  int panels = 1, columns = 1;
  int lanes = panel_lanes;  // of a panel; half of them where its halves are counted
};

// The least that today's CPUs have for every core: what reaches beyond it is not worth a try.
inline constexpr std::int64_t second_cache_bytes = 512 << 10;

// Whether a problem with out_height, out_width and out_channels writes at least so much. Measured on Zen 2 only, where
// it has 512 KB: fetching what is written next gains there, below it nothing.
bool leaves_second_cache(const Numbers& problem);

// Vectors that a tile's panels are.
int vectors_of(const RegisterTile& tile, const Machine& machine);

// Vectors of sums that it holds.
int accumulators_of(const RegisterTile& tile, const Machine& machine);

// Whether the accumulators, one weight vector each and one more fit the machine's registers.
bool fits_registers(const RegisterTile& tile, const Machine& machine);

// Cycles of a vector of multiply-adds in this tile, a full one: loads, and chains too short to hide the latency.
double tile_cost(const RegisterTile& tile, const Machine& machine);

// The same where tiles cover `columns`: what they compute past the end is in it.
double covering_cost(const RegisterTile& tile, int columns, const Machine& machine);

// The cheapest tile for `columns`, of `most` panels and columns. Its panels divide `panels`.
RegisterTile best_register_tile(int panels, const RegisterTile& most, int columns, const Machine& machine);

// Of a matrix product's sum over channels: as many iterations as its loop has before it is unrolled.
int sum_steps(const Numbers& problem);

// How often that loop may be unrolled: short powers of two that divide it.
std::vector<int> unroll_values(const Numbers& problem);

// Steps of it in an iteration. Measured with AVX2 (Zen 2): at 14x14 and 7x7 pixels four are 3 to 6 % faster than one, on
// large maps the same.
int default_unroll(const Numbers& problem);
inline constexpr int most_unrolled = 16;

// Tiles that are activated together (common/tile_group.h), of those that cover `width`: of swish with AVX2 all of a
// row's, up to 300 vectors (Zen 2: 2.5 % of B0 against groups of 64 vectors).
int default_group(const Numbers& problem, const RegisterTile& tile, int width, const Machine& machine);
std::vector<int> group_values(const Numbers& problem, int width);
// As many groups as `wanted` tiles a group make, of equal length.
int fit_group(const Numbers& problem, int wanted, int columns, int width);

// Arenas and scratch are cut at cache lines.
constexpr std::int64_t whole_lines(std::int64_t bytes) { return (bytes + 63) / 64 * 64; }

// A flag of a schedule; rows from before there was one do not have it.
bool has_flag(const Numbers& schedule, const char* name);

// Checks that exactly the `names`, in [1, limit], and no others but `flags`, 0 or 1, are given; empty when so.
std::string check_numbers(const Numbers& schedule,
                          const std::vector<std::pair<std::string, int>>& names_and_limits,
                          const std::vector<std::string>& flags = {});

// For operators with one loop structure.
std::vector<Axis> no_axes(const Numbers& problem, const Machine& machine);
Numbers no_fit(const Numbers& problem, Numbers schedule);
bool always_worth_trying(const Numbers& problem, const Numbers& schedule, const Machine& machine);

std::vector<int> flag_values(bool may_be_set);
std::vector<int> divisors(int number);
// Of [1, most]: all below 16, then ever fewer.
std::vector<int> spread_values(int most);
// Lengths that cut `total` into equal parts (the last one shorter), at least `least` long; ascending.
std::vector<int> part_lengths(int total, int least);
// The largest divisor of `number` that is not above `wanted`.
int divisor_below(int number, int wanted);

// Tasks of a step: the same number for each thread, and four at least, so that a few threads can share what is compiled
// for one.
inline int wanted_tasks(int threads) {
  constexpr int least = 4;
  return (least + threads - 1) / threads * threads;
}

// The time of so many equal tasks on the threads, to that of tasks that all threads share evenly.
inline double waiting(int tasks, int threads) {
  const int rounds = (tasks + threads - 1) / threads;
  return static_cast<double>(rounds * threads) / tasks;
}

// The largest number of blocks so that a step has work for all threads, each block at least `least` long.
int blocks_for_threads(int length, int other_tasks, int least, int threads);

}  // namespace effnet
