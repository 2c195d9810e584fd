// How a camera was held: the orientation that EXIF data gives a picture.
#pragma once

#include <cstddef>
#include <span>

#include "pictures/picture.h"

namespace effnet {

// EXIF data ("II" or "MM" first, as in a PNG's eXIf chunk; in a JPEG behind "Exif\0\0") -> the orientation of
// its first directory: 1 to 8, EXIF 2.32, tag 274. 1, upright, when there is none or the data is damaged.
int exif_orientation(std::span<const std::byte> exif);

// Turns and mirrors a picture so that it is upright, like Pillow's ImageOps.exif_transpose.
Result<Picture> upright(Picture picture, int orientation, const std::string& where);

}  // namespace effnet
