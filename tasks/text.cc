#include "tasks/text.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "tasks/glyphs.h"

namespace effnet {
namespace {

constexpr double spacing_units = 2, stroke_units = 1;  // between glyphs; a stroke's thickness
constexpr double thinnest = 1.1;                       // pixels of a stroke, so that small text can be read

struct Point {
  double x = 0, y = 0;
};
using Stroke = std::vector<Point>;

Point middle(const Point& a, const Point& b, double share) {
  return {a.x + share * (b.x - a.x), a.y + share * (b.y - a.y)};
}

// Chaikin's corner cutting, which ends in the quadratic B-spline: every corner is replaced by two points.
Stroke smooth(Stroke points) {
  const bool closed = points.front().x == points.back().x && points.front().y == points.back().y;
  for (int i = 0; i < 4; i++) {
    Stroke finer;
    for (std::size_t j = 0; j + 1 < points.size(); j++) {
      const bool first = j == 0 && !closed, last = j + 2 == points.size() && !closed;
      finer.push_back(first ? points[j] : middle(points[j], points[j + 1], 0.25));
      finer.push_back(last ? points[j + 1] : middle(points[j], points[j + 1], 0.75));
    }
    if (closed) finer.push_back(finer.front());
    points = std::move(finer);
  }
  return points;
}

struct Glyph {
  double width = 0;
  std::vector<Stroke> strokes;  // y upwards, 0 is the baseline
};

Glyph parse(std::string_view text) {
  Glyph glyph;
  glyph.width = text[0] - '0';
  for (std::size_t i = 1; i < text.size();) {
    const bool curve = text[++i] == 'c';  // behind the space
    if (curve) i++;
    Stroke stroke;
    for (; i + 1 < text.size() && text[i] != ' '; i += 2)
      stroke.push_back(
          {static_cast<double>(text[i] - '0'), static_cast<double>(text[i + 1] - '0' - descender_units)});
    glyph.strokes.push_back(curve ? smooth(std::move(stroke)) : std::move(stroke));
  }
  return glyph;
}

// Of the character at `next`, which moves behind it.
std::string_view glyph_text(std::string_view text, std::size_t& next) {
  const auto letter = static_cast<unsigned char>(text[next++]);
  if (letter >= 32 && letter < 127) return glyphs[letter - 32U];
  const auto continues = [&] {
    return next < text.size() && (static_cast<unsigned char>(text[next]) & 0xc0) == 0x80;
  };
  while (letter >= 0x80 && continues()) next++;
  return missing_glyph;
}

double distance(const Point& p, const Point& a, const Point& b) {
  const double dx = b.x - a.x, dy = b.y - a.y, length = dx * dx + dy * dy;
  const double along = length == 0 ? 0 : std::clamp(((p.x - a.x) * dx + (p.y - a.y) * dy) / length, 0.0, 1.0);
  return std::hypot(p.x - a.x - along * dx, p.y - a.y - along * dy);
}

// How much of every pixel of a rectangle the strokes cover.
class Coverage {
 public:
  Coverage(int left, int top, int width, int height)
      : left_(left),
        top_(top),
        width_(width),
        height_(height),
        values_(static_cast<std::size_t>(width) * static_cast<std::size_t>(height)) {}

  void add(const Point& a, const Point& b, double radius) {
    const double reach = radius + 1;
    const int first_x = column(std::min(a.x, b.x) - reach), last_x = column(std::max(a.x, b.x) + reach);
    const int first_y = row(std::min(a.y, b.y) - reach), last_y = row(std::max(a.y, b.y) + reach);
    for (int y = first_y; y < last_y; y++)
      for (int x = first_x; x < last_x; x++) {
        const double away = distance({left_ + x + 0.5, top_ + y + 0.5}, a, b);
        float& value = values_[static_cast<std::size_t>(y) * static_cast<std::size_t>(width_) +
                               static_cast<std::size_t>(x)];
        value = std::max(value, static_cast<float>(std::clamp(radius + 0.5 - away, 0.0, 1.0)));
      }
  }

  void paint(Picture& picture, const Colour& colour) const {
    const std::uint8_t wanted[3] = {colour.red, colour.green, colour.blue};
    for (int y = std::max(0, -top_); y < std::min(height_, picture.height - top_); y++)
      for (int x = std::max(0, -left_); x < std::min(width_, picture.width - left_); x++) {
        const auto share =
            static_cast<double>(values_[static_cast<std::size_t>(y) * static_cast<std::size_t>(width_) +
                                        static_cast<std::size_t>(x)]);
        std::uint8_t* pixel = pixel_at(picture, left_ + x, top_ + y);
        for (int c = 0; c < 3; c++)
          pixel[c] = static_cast<std::uint8_t>(std::lround(pixel[c] + share * (wanted[c] - pixel[c])));
      }
  }

 private:
  int column(double x) const {
    return static_cast<int>(std::clamp(x - left_, 0.0, static_cast<double>(width_)));
  }
  int row(double y) const {
    return static_cast<int>(std::clamp(y - top_, 0.0, static_cast<double>(height_)));
  }

  int left_, top_, width_, height_;
  std::vector<float> values_;  // [row][column], 0 to 1
};

}  // namespace

double text_width(std::string_view text, double height) {
  double units = 0;
  for (std::size_t next = 0; next < text.size();) {
    if (next > 0) units += spacing_units;
    units += glyph_text(text, next)[0] - '0';
  }
  return units * height / capital_units;
}

std::string fitted_text(const std::string& text, double height, double width) {
  if (text_width(text, height) <= width) return text;
  std::string shorter = text;
  while (!shorter.empty() && text_width(shorter + "..", height) > width) {
    while (shorter.size() > 1 && (static_cast<unsigned char>(shorter.back()) & 0xc0) == 0x80)
      shorter.pop_back();
    shorter.pop_back();
  }
  return shorter + "..";
}

void draw_text(Picture& picture, double left, double baseline, std::string_view text,
               const TextStyle& style) {
  const double unit = style.height / capital_units;
  const double radius = std::max(thinnest, unit * stroke_units * style.weight) / 2;
  const int margin = static_cast<int>(std::ceil(radius)) + 2;
  const int across = static_cast<int>(std::ceil(text_width(text, style.height))) + 2 * margin;
  const int down = static_cast<int>(std::ceil(style.height + descender_units * unit)) + 2 * margin;
  Coverage coverage(static_cast<int>(std::floor(left)) - margin,
                    static_cast<int>(std::floor(baseline - style.height)) - margin, across, down);
  double x = left;
  for (std::size_t next = 0; next < text.size();) {
    const Glyph glyph = parse(glyph_text(text, next));
    for (const Stroke& stroke : glyph.strokes)
      for (std::size_t i = 0; i < stroke.size(); i++) {
        const Point &a = stroke[i], &b = stroke[std::min(i + 1, stroke.size() - 1)];
        if (i + 1 == stroke.size() && i > 0) break;
        coverage.add({x + a.x * unit, baseline - a.y * unit}, {x + b.x * unit, baseline - b.y * unit},
                     radius);
      }
    x += (glyph.width + spacing_units) * unit;
  }
  coverage.paint(picture, style.colour);
}

}  // namespace effnet
