// Pictures of other sizes, to look at. (What networks see is resized by the runtime.)
#pragma once

#include "pictures/picture.h"

namespace effnet {

// Bilinear when it grows, the average over what a pixel covers (a triangle as wide as two of the new pixels)
// when it shrinks. Both sides at least 1.
Picture resized(const Picture& picture, int width, int height);

}  // namespace effnet
