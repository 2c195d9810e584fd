// In place of jpeg.cc in a build without libjpeg.
#include "pictures/jpeg.h"

namespace effnet {

Result<Picture> decode_jpeg(std::span<const std::byte>, const std::string& where) {
  return Status::error(where +
                       ": a JPEG picture, but this program was built without libjpeg; PNG can be read");
}

}  // namespace effnet
