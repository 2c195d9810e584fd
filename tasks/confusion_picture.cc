#include "tasks/confusion_picture.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

namespace effnet {
namespace {

struct Colour {
  std::uint8_t red, green, blue;
};
constexpr Colour white{255, 255, 255}, black{0, 0, 0}, dark_blue{8, 48, 107}, dark_red{128, 20, 20},
    grey{190, 190, 190};

constexpr int most_counted = 40, scale = 2, digit_width = 3, digit_height = 5;

// Digits of 3 x 5 pixels: a row each, the left pixel is the highest bit.
constexpr std::array<std::array<int, digit_height>, 10> digits = {{{7, 5, 5, 5, 7},
                                                                   {2, 6, 2, 2, 7},
                                                                   {7, 1, 7, 4, 7},
                                                                   {7, 1, 3, 1, 7},
                                                                   {5, 5, 7, 1, 1},
                                                                   {7, 4, 7, 1, 7},
                                                                   {7, 4, 7, 5, 7},
                                                                   {7, 1, 1, 2, 2},
                                                                   {7, 5, 7, 5, 7},
                                                                   {7, 5, 7, 1, 7}}};

void fill(Picture& picture, int left, int top, int width, int height, Colour colour) {
  for (int y = top; y < top + height; ++y)
    for (int x = left; x < left + width; ++x) {
      std::uint8_t* pixel =
          picture.rgb.data() + 3 * (static_cast<std::size_t>(y) * static_cast<std::size_t>(picture.width) +
                                    static_cast<std::size_t>(x));
      pixel[0] = colour.red, pixel[1] = colour.green, pixel[2] = colour.blue;
    }
}

int text_width(const std::string& number) {
  return scale * ((digit_width + 1) * static_cast<int>(number.size()) - 1);
}

// Centred at x, y.
void write(Picture& picture, int x, int y, const std::string& number, Colour colour) {
  int left = x - text_width(number) / 2;
  for (const char letter : number) {
    const auto& rows = digits[static_cast<std::size_t>(letter - '0')];
    for (int row = 0; row < digit_height; ++row)
      for (int column = 0; column < digit_width; ++column)
        if ((rows[static_cast<std::size_t>(row)] >> (digit_width - 1 - column)) & 1)
          fill(picture, left + scale * column, y - scale * digit_height / 2 + scale * row, scale, scale,
               colour);
    left += scale * (digit_width + 1);
  }
}

// Right ones blue, mistakes red; the square root makes few mistakes visible.
Colour shade(double share, bool right) {
  const double strength = std::sqrt(share);
  const Colour full = right ? dark_blue : dark_red;
  const auto mix = [strength](std::uint8_t end) {
    return static_cast<std::uint8_t>(std::lround(255 + strength * (end - 255)));
  };
  return {mix(full.red), mix(full.green), mix(full.blue)};
}

int cell_size(const Confusion& confusion) {
  if (confusion.classes > most_counted) return std::max(2, 1600 / confusion.classes);
  int widest = 0;
  for (const std::int64_t count : confusion.counts)
    widest = std::max(widest, text_width(std::to_string(count)));
  return std::max(28, widest + 8);
}

}  // namespace

Picture draw_confusion(const Confusion& confusion) {
  const int cell = cell_size(confusion), margin = 32;
  const bool counted = confusion.classes <= most_counted;
  Picture picture;
  picture.width = picture.height = margin + cell * confusion.classes + 1;
  picture.rgb.assign(
      std::size_t{3} * static_cast<std::size_t>(picture.width) * static_cast<std::size_t>(picture.height),
      255);
  if (counted)
    fill(picture, margin, margin, cell * confusion.classes + 1, cell * confusion.classes + 1, grey);
  for (int label = 0; label < confusion.classes; ++label) {
    const int top = margin + label * cell;
    const auto row = static_cast<double>(std::max<std::int64_t>(1, confusion.of_class(label)));
    for (int predicted = 0; predicted < confusion.classes; ++predicted) {
      const std::int64_t count = confusion.at(label, predicted);
      const double share = static_cast<double>(count) / row;
      const int left = margin + predicted * cell, line = counted ? 1 : 0;
      fill(picture, left + line, top + line, cell - line, cell - line, shade(share, label == predicted));
      if (counted && count > 0)
        write(picture, left + cell / 2, top + cell / 2, std::to_string(count), share > 0.2 ? white : black);
    }
    if (!counted) continue;
    write(picture, margin / 2, top + cell / 2, std::to_string(label), black);
    write(picture, top + cell / 2, margin / 2, std::to_string(label), black);
  }
  return picture;
}

}  // namespace effnet
