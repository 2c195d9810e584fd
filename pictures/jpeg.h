// JPEG files (baseline and progressive; grey, colour, CMYK) to RGB pixels, by libjpeg-turbo, where the build
// has it.
//
// The pixels are those of Pillow's convert("RGB") with the same libjpeg-turbo: the accurate integer
// transform, smooth upsampling; CMYK as Adobe's programs write it, inverted, without a colour profile. Turned
// upright as EXIF data says.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "pictures/picture.h"

namespace effnet {

// Whether a file's first bytes are those of a JPEG.
inline bool is_jpeg(std::span<const std::byte> file) {
  return file.size() >= 3 && file[0] == std::byte{0xff} && file[1] == std::byte{0xd8} &&
         file[2] == std::byte{0xff};
}

// Damage that costs pixels is an error, also a missing end; bytes between segments and the like, which
// cameras leave, are not. Sizes are checked, against the limits and against what the file's bytes can hold,
// before memory is taken. `where` begins the error's line.
Result<Picture> decode_jpeg(std::span<const std::byte> file, const std::string& where);

}  // namespace effnet
