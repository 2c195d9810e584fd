// PNG files of every kind (1 to 16 bits, grey, palette, alpha, interlaced) to RGB pixels, by libpng.
//
// The pixels are those of Pillow's convert("RGB"): alpha and transparent colours
// are dropped, not blended, the gamma chunk is ignored, grey of 1, 2 and 4 bits
// is scaled to 0..255. Of 16-bit samples, grey ones too, the high byte is taken.
// Pictures with EXIF data are turned upright (pictures/orientation.h).
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "pictures/picture.h"

namespace effnet {

// Whether a file's first bytes (8, or all that there are) are those of a PNG.
bool is_png(std::span<const std::byte> file);

// Any damage is an error: a wrong checksum (of optional chunks too), a missing
// end. Sizes are checked, against the limits above and against what the file's
// bytes can hold, before memory is taken. `where` begins the error's line.
Result<Picture> decode_png(std::span<const std::byte> file, const std::string& where);

}  // namespace effnet
