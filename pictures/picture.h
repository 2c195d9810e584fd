// Decoded pictures. Nothing here knows of networks.
#pragma once

#include <cstdint>
#include <vector>

namespace effnet {

struct Picture {
  int width = 0, height = 0;
  std::vector<std::uint8_t> rgb;  // [height][width][3], rows without gaps
};

}  // namespace effnet
