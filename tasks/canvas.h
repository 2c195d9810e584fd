// Pictures to draw on.
#pragma once

#include "pictures/picture.h"

namespace effnet {

struct Colour {
  std::uint8_t red = 0, green = 0, blue = 0;
};

Picture white_page(int width, int height);

// Of three bytes. Inside of the picture only.
std::uint8_t* pixel_at(Picture& picture, int x, int y);
void fill(Picture& picture, int left, int top, int width, int height, const Colour& colour);

}  // namespace effnet
