// Text on pictures: printable ASCII, drawn with strokes that are smoothed, at any size.
#pragma once

#include <string>
#include <string_view>

#include "tasks/canvas.h"

namespace effnet {

struct TextStyle {
  double height = 12;  // of a capital letter, in pixels
  Colour colour{};
  double weight = 1;  // thickness of the strokes; 1 is regular, 1.4 is bold
};

// Pixels from the first letter's left edge to the last one's right edge.
double text_width(std::string_view text, double height);

// The text, or as much of its beginning as fits into `width`, with two dots behind it.
std::string fitted_text(const std::string& text, double height, double width);

// `left` and `baseline` in pixels. What lies outside of the picture is cut off. Characters of UTF-8 that are
// not ASCII are drawn as boxes.
void draw_text(Picture& picture, double left, double baseline, std::string_view text, const TextStyle& style);

}  // namespace effnet
