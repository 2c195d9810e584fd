// PNG files of every kind (1 to 16 bits, grey, palette, alpha, interlaced) to RGB pixels, by libpng.
//
// The pixels are those of Pillow's convert("RGB"): alpha and transparent colours
// are dropped, not blended, the gamma chunk is ignored, grey of 1, 2 and 4 bits
// is scaled to 0..255. Of 16-bit samples, grey ones too, the high byte is taken.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "base/status.h"
#include "pictures/picture.h"

namespace effnet {

inline constexpr std::int64_t max_picture_side = 65535;
inline constexpr std::int64_t max_picture_pixels = 200'000'000;
inline constexpr std::size_t max_png_bytes = std::size_t{1} << 30;

// Any damage is an error: a wrong checksum (of optional chunks too), a missing
// end. Sizes are checked, against the limits above and against what the file's
// bytes can hold, before memory is taken. `where` begins the error's line.
Result<Picture> decode_png(std::span<const std::byte> file, const std::string& where);

Result<Picture> read_png(const std::string& path);

}  // namespace effnet
