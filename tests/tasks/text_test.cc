#include "tasks/text.h"

#include <algorithm>

#include "tests/catch.h"

namespace effnet {
namespace {

Picture white(int width, int height) {
  return {width, height, std::vector<std::uint8_t>(std::size_t{3} * width * height, 255)};
}

// Rows and columns that text of black ink has touched.
struct Box {
  int left = 1000, top = 1000, right = -1, bottom = -1;
};
Box ink(const Picture& picture) {
  Box box;
  for (int y = 0; y < picture.height; y++)
    for (int x = 0; x < picture.width; x++)
      if (picture.rgb[3 * (std::size_t(y) * picture.width + x)] < 128)
        box = {std::min(box.left, x), std::min(box.top, y), std::max(box.right, x), std::max(box.bottom, y)};
  return box;
}

Box drawn(const std::string& text, double height) {
  Picture picture = white(400, 100);
  draw_text(picture, 20, 60, text, {height});
  return ink(picture);
}

TEST_CASE("every printable character leaves ink of its own") {
  std::vector<std::vector<std::uint8_t>> seen;
  for (char letter = 33; letter < 127; letter++) {
    INFO(letter);
    Picture picture = white(40, 50);
    draw_text(picture, 5, 35, std::string(1, letter), {21});
    CHECK(ink(picture).right >= 0);
    CHECK(std::find(seen.begin(), seen.end(), picture.rgb) == seen.end());
    seen.push_back(picture.rgb);
  }
}

TEST_CASE("text stands on its baseline and is as high and wide as it was asked for") {
  const Box box = drawn("HEH", 28);
  CHECK(box.bottom == Approx(60).margin(3));
  CHECK(box.top == Approx(32).margin(3));
  CHECK(box.left == Approx(20).margin(3));
  CHECK(box.right == Approx(20 + text_width("HEH", 28)).margin(3));
  CHECK(drawn("gjpqy", 28).bottom > 63);
  CHECK(text_width("", 10) == 0);
}

TEST_CASE("characters that are not ASCII are one box each") {
  CHECK(text_width("a\xc3\xa9z", 14) == text_width("a0z", 14));
  CHECK(text_width("\xe2\x82\xac", 14) == text_width("0", 14));
  CHECK(drawn("\xff\xc3", 14).right > 0);  // damaged UTF-8
}

TEST_CASE("text beyond the picture's edges is cut off") {
  Picture picture = white(10, 10);
  for (const auto& [x, y] : {std::pair{-30.0, 5.0}, {5.0, -20.0}, {9.0, 12.0}, {500.0, 500.0}, {-3.0, 14.0}})
    draw_text(picture, x, y, "Wg", {12});
  CHECK(picture.rgb.size() == 300);
}

TEST_CASE("text that is too long is shortened, between characters") {
  CHECK(fitted_text("espresso", 10, 1000) == "espresso");
  const std::string shorter = fitted_text("a \xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9", 10, 40);
  CHECK(text_width(shorter, 10) <= 40);
  CHECK(shorter.ends_with("\xc3\xa9.."));
  CHECK(fitted_text("abc", 10, 0) == "..");
}

}  // namespace
}  // namespace effnet
