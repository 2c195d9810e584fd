// Numbers from 0 to 1 as colours.
#pragma once

#include <array>

#include "tasks/canvas.h"

namespace effnet {

// From a dark blue over purple, red and orange to a light yellow. Perceptually uniform: neighbouring entries
// have the same distance in OKLab, lightness rises all the way, so that the map can be read in grey and by
// colour-blind people.
//
// The path in OKLCh: lightness 0.20 to 0.95, hue 285 to 470 degrees, chroma 0.08 + 0.12 sin(pi t), all inside
// of sRGB. OKLab: Bjorn Ottosson, https://bottosson.github.io/posts/oklab/
inline constexpr int colour_map_size = 256;
const std::array<Colour, colour_map_size>& heat_colours();

// The entry for a value; below 0 and above 1 the ends.
Colour heat_colour(double value);

struct OkLab {
  double lightness = 0, a = 0, b = 0;
};
OkLab to_oklab(const Colour& colour);

}  // namespace effnet
