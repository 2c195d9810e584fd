#include "tasks/canvas.h"

namespace effnet {

Picture white_page(int width, int height) {
  Picture page{width, height, {}};
  page.rgb.assign(3 * static_cast<std::size_t>(width) * static_cast<std::size_t>(height), 255);
  return page;
}

std::uint8_t* pixel_at(Picture& picture, int x, int y) {
  return picture.rgb.data() + 3 * (static_cast<std::size_t>(y) * static_cast<std::size_t>(picture.width) +
                                   static_cast<std::size_t>(x));
}

void fill(Picture& picture, int left, int top, int width, int height, const Colour& colour) {
  for (int y = top; y < top + height; ++y)
    for (int x = left; x < left + width; ++x) {
      std::uint8_t* pixel = pixel_at(picture, x, y);
      pixel[0] = colour.red;
      pixel[1] = colour.green;
      pixel[2] = colour.blue;
    }
}

}  // namespace effnet
