#include "generators/transfer.h"

namespace effnet {

Numbers transferred(const Operator& op, Numbers schedule, const Numbers& from, const Numbers& to) {
  constexpr const char* parts_of[][2] = {{"block_pixels", "pixels"},
                                         {"strip_rows", "out_height"},
                                         {"expand_columns", "width"},
                                         {"depthwise_columns", "out_width"},
                                         {"columns", "out_width"}};
  const bool flat_tile = has_flag(schedule, "flat");  // no part of a row
  for (const auto& [part, whole] : parts_of) {
    if (flat_tile && part == std::string("expand_columns")) continue;
    const auto length = schedule.find(part);
    if (length == schedule.end() || length->second < 1 || !from.count(whole) || !to.count(whole)) continue;
    const int parts = (from.at(whole) + length->second - 1) / length->second;
    length->second = (to.at(whole) + parts - 1) / parts;
  }
  return op.fit_schedule(to, std::move(schedule));
}

}  // namespace effnet
