// RGB pixels -> a PNG file.
#pragma once

#include <string>

#include "pictures/picture.h"

namespace effnet {

// The bytes of a PNG file of 8 bits a channel.
Result<std::string> encode_png(const Picture& picture);

}  // namespace effnet
