#include "pictures/picture.h"

#include <new>

namespace effnet {

Status check_picture_size(std::int64_t width, std::int64_t height, const std::string& where) {
  const std::string size = std::to_string(width) + " x " + std::to_string(height) + " pixels";
  if (width <= 0 || height <= 0) return Status::error(where + ": " + size + ", expected at least 1 x 1");
  if (width <= max_picture_side && height <= max_picture_side && width * height <= max_picture_pixels)
    return {};
  return Status::error(where + ": " + size + ", more than " + std::to_string(max_picture_side) +
                       " a side or " + std::to_string(max_picture_pixels / 1'000'000) + " million together");
}

Result<Picture> black_picture(int width, int height, const std::string& where) {
  if (Status size = check_picture_size(width, height, where); !size) return size;
  Picture picture{width, height, {}};
  try {
    picture.rgb.resize(3 * static_cast<std::size_t>(width) * static_cast<std::size_t>(height));
  } catch (const std::bad_alloc&) {
    return Status::error(where + ": not enough memory for its pixels");
  }
  return picture;
}

}  // namespace effnet
