#include "pipeline/in_place.h"

#include "models/packing.h"

namespace effnet {

bool depthwise_in_place(const Block& block) {
  return !block.has_expand && block.depthwise.stride == 1 && !block.residual;
}

bool project_in_place(const Block& block, const Machine& machine) {
  return depthwise_in_place(block) && block.project.out.channels <= block.project.in.channels &&
         fits_registers({panels(block.project.out.channels), 1}, machine);
}

Numbers one_strip(Numbers depthwise_schedule, int rows) {
  depthwise_schedule.at("strip_rows") = rows;
  return depthwise_schedule;
}

Numbers one_depthwise_task(Numbers depthwise_schedule, int rows, int channels) {
  depthwise_schedule.at("block_panels") = panels(channels);
  return one_strip(std::move(depthwise_schedule), rows);
}

Numbers one_task(Numbers project_schedule, int out_channels, int pixels, const Machine& machine) {
  const int out_panels = panels(out_channels);
  int& columns = project_schedule.at("tile_pixels");
  while (columns > 1 && !fits_registers({out_panels, columns}, machine)) --columns;
  project_schedule.at("block_panels") = project_schedule.at("tile_panels") = out_panels;
  project_schedule["halves"] = 0;  // the tile is fitted for whole panels
  project_schedule.at("block_pixels") = (pixels + columns - 1) / columns * columns;
  return project_schedule;
}

}  // namespace effnet
