// Where --min-memory lets a step write into a buffer that it reads. It may when every value is read, once, before what
// takes its place is written, because that depends on it:
//
//   a residual          is added to the value that takes its place
//   depthwise, stride 1 copies a row into its ring before the output's row takes its place; only one strip of rows,
//                       for a neighbour would miss rows. Into a map of shorter elements, only one task: others' channels
//                       would lie there
//   project             to fewer channels: a pixel's output lies where earlier pixels were; only one task, whose tile
//                       has all panels, goes over the map in order
//
// The last two pay where the map is largest, in a network's first block. They leave it fewer tasks for threads.
#pragma once

#include "generators/operator.h"
#include "models/network.h"

namespace effnet {

bool depthwise_in_place(const Block& block);
bool project_in_place(const Block& block, const Machine& machine);  // over the depthwise output

// Schedules like the given ones, for that.
Numbers one_strip(Numbers depthwise_schedule, int rows);
Numbers one_depthwise_task(Numbers depthwise_schedule, int rows, int channels);
Numbers one_task(Numbers project_schedule, int out_channels, int pixels, const Machine& machine);

}  // namespace effnet
