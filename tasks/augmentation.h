// Other views of a picture, to learn more from it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "pictures/picture.h"

namespace effnet {

// A part of a picture, of its proportions, perhaps mirrored, brighter or darker.
struct View {
  double left = 0,
         top = 0;          // where the part begins: 0 the picture's edge, 1 as far right or down as possible
  double size = 1;         // its sides, of the picture's
  bool mirrored = false;   // left and right swapped
  double brightness = 1;   // every pixel is multiplied by it
  bool is_whole() const {  // cut_out() gives the picture itself
    return size == 1 && !mirrored && brightness == 1;
  }
  std::string text() const;  // the same for equal views only
};

struct AugmentationOptions {
  bool flip = false;        // every view also mirrored
  int crops = 0;            // random parts, besides the whole
  bool brightness = false;  // of the parts: from 0.7 to 1.3
};

// The whole picture first. `digest`: of the picture's content; the same picture always has the same crops.
std::vector<View> make_views(const AugmentationOptions& options, const std::string& digest);
std::size_t view_count(const AugmentationOptions& options);

Picture cut_out(const Picture& picture, const View& view);

}  // namespace effnet
