// The numbers of stem's schedule; the loops they shape stand in loops.h.
#pragma once

#include "generators/operator.h"

namespace effnet {

struct StemSchedule {
  int tile_panels;      // panels of the register tile; divides the output's
  int columns;          // of the register tile
  int group;            // tiles that are activated together (common/tile_group.h)
  int strip_rows;       // output rows of a task
  int prefetch_output;  // flag: where the next tiles are written (common/prefetch.h)
};

Numbers stem_default(const Numbers& problem, const Machine& machine, int threads);
std::string stem_check(const Numbers& problem, const Numbers& schedule);
std::int64_t stem_scratch(const Numbers& problem, const Numbers& schedule);
std::vector<Axis> stem_space(const Numbers& problem, const Machine& machine);
Numbers stem_fit(const Numbers& problem, Numbers schedule);
bool stem_worth_trying(const Numbers& problem, const Numbers& schedule, const Machine& machine);

}  // namespace effnet
