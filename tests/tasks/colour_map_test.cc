#include "tasks/colour_map.h"

#include <cmath>

#include "tests/catch.h"

namespace effnet {
namespace {

double distance(const OkLab& a, const OkLab& b) {
  return std::hypot(a.lightness - b.lightness, a.a - b.a, a.b - b.b);
}

// Over several entries: those of 8 bits are rounded.
constexpr std::size_t step = 15;

TEST_CASE("lightness rises all the way, from dark to light") {
  const auto& colours = heat_colours();
  CHECK(to_oklab(colours.front()).lightness == Approx(0.20).margin(0.01));
  CHECK(to_oklab(colours.back()).lightness == Approx(0.95).margin(0.01));
  for (std::size_t i = 0; i + 4 < colours.size(); i++)
    CHECK(to_oklab(colours[i]).lightness < to_oklab(colours[i + 4]).lightness);
}

TEST_CASE("equal steps of the value are equal steps to the eye") {
  const auto& colours = heat_colours();
  double mean = 0;
  for (std::size_t i = 0; i + step < colours.size(); i += step)
    mean += distance(to_oklab(colours[i]), to_oklab(colours[i + step])) / (255.0 / step);
  for (std::size_t i = 0; i + step < colours.size(); i += step)
    CHECK(distance(to_oklab(colours[i]), to_oklab(colours[i + step])) == Approx(mean).epsilon(0.1));
}

TEST_CASE("values beyond the ends have the ends' colours") {
  CHECK(heat_colour(-3).blue == heat_colours().front().blue);
  CHECK(heat_colour(7).red == heat_colours().back().red);
  CHECK(heat_colour(0.5).red == heat_colours()[128].red);
}

TEST_CASE("OKLab knows white, grey and the primaries") {
  CHECK(to_oklab({255, 255, 255}).lightness == Approx(1).margin(1e-4));
  CHECK(std::abs(to_oklab({90, 90, 90}).a) < 1e-4);
  const OkLab red = to_oklab({255, 0, 0});  // of the page that the formulas come from
  CHECK(red.lightness == Approx(0.628).margin(1e-3));
  CHECK(red.a == Approx(0.225).margin(1e-3));
  CHECK(red.b == Approx(0.126).margin(1e-3));
}

}  // namespace
}  // namespace effnet
