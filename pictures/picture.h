// Decoded pictures. Nothing here knows of networks.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/status.h"

namespace effnet {

struct Picture {
  int width = 0, height = 0;
  std::vector<std::uint8_t> rgb;  // [height][width][3], rows without gaps
};

inline constexpr std::int64_t max_picture_side = 65535;
inline constexpr std::int64_t max_picture_pixels = 200'000'000;

// What the decoders begin with: a black picture, after its size was checked against the limits above. `where`
// begins the error's line.
Status check_picture_size(std::int64_t width, std::int64_t height, const std::string& where);
Result<Picture> black_picture(int width, int height, const std::string& where);

}  // namespace effnet
