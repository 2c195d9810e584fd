#include "tasks/cam_picture.h"

#include "tasks/colour_map.h"
#include "tasks/resize.h"
#include "tests/catch.h"

namespace effnet {
namespace {

Picture grey(int width, int height, std::uint8_t value = 128) {
  return {width, height, std::vector<std::uint8_t>(std::size_t{3} * width * height, value)};
}

const std::uint8_t* at(const Picture& picture, int x, int y) {
  return picture.rgb.data() + 3 * (std::size_t(y) * picture.width + x);
}

bool is_grey(const std::uint8_t* pixel) { return pixel[0] == pixel[1] && pixel[1] == pixel[2]; }

// High at the left.
Explanation left_half(MapRegion region) { return {"cat", 0.5, {1, 2, {10, 2}}, region}; }

TEST_CASE("a map lies over the part of the picture that the network saw, and nowhere else") {
  const Picture overlay = draw_overlay(grey(200, 100), left_half({0.25, 0.1, 0.5, 0.8}), 400, 400);
  REQUIRE(overlay.width == 400);
  REQUIRE(overlay.height == 200);
  for (const auto& [x, y] : {std::pair{99, 100}, {300, 100}, {200, 19}, {200, 180}, {0, 0}, {399, 199}})
    CHECK(is_grey(at(overlay, x, y)));
  for (const auto& [x, y] : {std::pair{100, 100}, {299, 100}, {200, 20}, {200, 179}})
    CHECK_FALSE(is_grey(at(overlay, x, y)));
}

TEST_CASE("the largest value has the lightest colour, the smallest the darkest") {
  const Picture overlay = draw_overlay(grey(100, 100), left_half({0, 0, 1, 1}), 100, 100);
  const auto lightness = [&](int x) {
    return to_oklab({at(overlay, x, 50)[0], at(overlay, x, 50)[1], at(overlay, x, 50)[2]}).lightness;
  };
  for (int x = 26; x < 75; x++) CHECK(lightness(x - 1) > lightness(x) - 0.004);
  CHECK(lightness(10) == lightness(24));  // beyond the cell's centre
  CHECK(lightness(10) > lightness(90) + 0.3);
}

TEST_CASE("a map without differences is drawn, too") {
  const Picture overlay = draw_overlay(grey(10, 10), {"x", 1, {1, 1, {3}}, {0, 0, 1, 1}}, 20, 20);
  CHECK(overlay.width == 20);
}

TEST_CASE("pictures of extreme proportions get a page") {
  for (const auto& [width, height] : {std::pair{1, 3000}, {3000, 1}, {1, 1}}) {
    const Picture page = draw_explanation(grey(width, height), left_half({0, 0, 1, 1}), "title");
    CHECK(page.width >= 400);
    CHECK(page.height > 100);
    CHECK(page.rgb.size() == std::size_t{3} * page.width * page.height);
  }
}

TEST_CASE("a grid has a row for every picture and a column for every network") {
  const auto grid = [](std::size_t rows, std::size_t columns) {
    ExplanationGrid out;
    out.columns.assign(columns, "network");
    for (std::size_t i = 0; i < rows; i++)
      out.rows.push_back(
          {"file.png", for_grid(grey(30, 20)), std::vector<Explanation>(columns, left_half({0, 0, 1, 1}))});
    return draw_grid(out);
  };
  const auto small = grid(1, 1), wide = grid(1, 3), high = grid(3, 1);
  REQUIRE((small.ok() && wide.ok() && high.ok()));
  CHECK(wide->width - small->width == small->width - 20);  // two columns more; the picture is one itself
  CHECK(high->height > 2 * small->height);
  CHECK(wide->height == small->height);
  const auto huge = grid(1, 300);
  REQUIRE_FALSE(huge.ok());
  CHECK_THAT(huge.message(), Catch::Contains("the grid"));
}

TEST_CASE("a picture that becomes another size keeps its brightness and its place") {
  Picture picture = grey(64, 48, 0);
  for (int y = 0; y < 48; y++)
    for (int x = 32; x < 64; x++) picture.rgb[3 * (std::size_t(y) * 64 + x) + 1] = 200;
  for (const auto& [width, height] : {std::pair{32, 24}, {16, 12}, {200, 31}, {64, 48}}) {
    const Picture out = resized(picture, width, height);
    CHECK(at(out, width - 1, height / 2)[1] == 200);
    CHECK(at(out, 0, height / 2)[1] == 0);
    CHECK(at(out, width - 1, 0)[0] == 0);
    double mean = 0;
    for (std::size_t i = 1; i < out.rgb.size(); i += 3) mean += out.rgb[i] / (out.rgb.size() / 3.0);
    CHECK(mean == Approx(100).margin(1));
  }
  CHECK(resized(picture, 64, 48).rgb == picture.rgb);
  CHECK(resized(grey(1, 1, 77), 9, 5).rgb == grey(9, 5, 77).rgb);
}

}  // namespace
}  // namespace effnet
