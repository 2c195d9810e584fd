#include "pictures/png_writer.h"

#include <png.h>

namespace effnet {

Result<std::string> encode_png(const Picture& picture) {
  png_image image = {};
  image.version = PNG_IMAGE_VERSION;
  image.width = static_cast<png_uint_32>(picture.width);
  image.height = static_cast<png_uint_32>(picture.height);
  image.format = PNG_FORMAT_RGB;
  const auto failure = [&image] {
    return Status::error(std::string("libpng cannot write a picture: ") + image.message);
  };
  png_alloc_size_t bytes = 0;
  if (!png_image_write_get_memory_size(image, bytes, 0, picture.rgb.data(), 0, nullptr)) return failure();
  std::string file(bytes, '\0');
  if (!png_image_write_to_memory(&image, file.data(), &bytes, 0, picture.rgb.data(), 0, nullptr))
    return failure();
  file.resize(bytes);
  return file;
}

}  // namespace effnet
