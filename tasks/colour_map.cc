#include "tasks/colour_map.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

namespace effnet {
namespace {

// sRGB's transfer function, IEC 61966-2-1.
double to_linear(double value) {
  return value <= 0.04045 ? value / 12.92 : std::pow((value + 0.055) / 1.055, 2.4);
}
double to_srgb(double value) {
  return value <= 0.0031308 ? 12.92 * value : 1.055 * std::pow(value, 1 / 2.4) - 0.055;
}

std::uint8_t to_byte(double linear) {
  return static_cast<std::uint8_t>(std::lround(255 * to_srgb(std::clamp(linear, 0.0, 1.0))));
}

Colour to_colour(const OkLab& lab) {
  const double l = std::pow(lab.lightness + 0.3963377774 * lab.a + 0.2158037573 * lab.b, 3);
  const double m = std::pow(lab.lightness - 0.1055613458 * lab.a - 0.0638541728 * lab.b, 3);
  const double s = std::pow(lab.lightness - 0.0894841775 * lab.a - 1.2914855480 * lab.b, 3);
  return {to_byte(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
          to_byte(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
          to_byte(-0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s)};
}

// The path of the header, 0 <= t <= 1.
OkLab on_path(double t) {
  const double hue = (285 + 185 * t) * std::numbers::pi / 180;
  const double chroma = 0.08 + 0.12 * std::sin(std::numbers::pi * t);
  return {0.20 + 0.75 * t, chroma * std::cos(hue), chroma * std::sin(hue)};
}

double distance(const OkLab& a, const OkLab& b) {
  return std::hypot(a.lightness - b.lightness, a.a - b.a, a.b - b.b);
}

// The path, walked in steps of equal length.
std::array<Colour, colour_map_size> equal_steps() {
  constexpr int fine = 8192;
  std::vector<double> walked = {0};
  for (int i = 1; i <= fine; i++)
    walked.push_back(walked.back() +
                     distance(on_path((i - 1.0) / fine), on_path(static_cast<double>(i) / fine)));
  std::array<Colour, colour_map_size> colours;
  for (int i = 0; i < colour_map_size; i++) {
    const double wanted = walked.back() * i / (colour_map_size - 1);
    const auto at = std::lower_bound(walked.begin(), walked.end(), wanted) - walked.begin();
    colours[static_cast<std::size_t>(i)] = to_colour(on_path(static_cast<double>(at) / fine));
  }
  return colours;
}

}  // namespace

const std::array<Colour, colour_map_size>& heat_colours() {
  static const std::array<Colour, colour_map_size> colours = equal_steps();
  return colours;
}

Colour heat_colour(double value) {
  const double index = std::clamp(value, 0.0, 1.0) * (colour_map_size - 1);
  return heat_colours()[static_cast<std::size_t>(std::lround(index))];
}

OkLab to_oklab(const Colour& colour) {
  const double r = to_linear(colour.red / 255.0), g = to_linear(colour.green / 255.0),
               b = to_linear(colour.blue / 255.0);
  const double l = std::cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const double m = std::cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const double s = std::cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return {0.2104542553 * l + 0.7936177850 * m - 0.0040720468 * s,
          1.9779984951 * l - 2.4285922050 * m + 0.4505937099 * s,
          0.0259040371 * l + 0.7827717662 * m - 0.8086757660 * s};
}

}  // namespace effnet
