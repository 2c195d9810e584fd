#include "pictures/orientation.h"

#include "tests/catch.h"

namespace effnet {
namespace {

int orientation(const std::string& exif) { return exif_orientation(std::as_bytes(std::span(exif))); }

std::string bytes(std::initializer_list<int> values) {
  std::string text;
  for (const int value : values) text += static_cast<char>(value);
  return text;
}

// One directory with one entry, big-endian; the header's 8 bytes first.
std::string entry(int tag, int type, int count, int value) {
  return bytes({'M',  'M', 0, 42, 0,     0, 0,     8, 0, 1, tag >> 8, tag & 255, 0,
                type, 0,   0, 0,  count, 0, value, 0, 0, 0, 0,        0,         0});
}

TEST_CASE("the orientation is read in both byte orders") {
  for (int value = 1; value <= 8; value++) CHECK(orientation(entry(274, 3, 1, value)) == value);
  CHECK(orientation(bytes({'I', 'I', 42, 0, 10, 0, 0, 0, 99,  99, 2, 0,  // directory at 10, two entries
                           15,  1,   2,  0, 1,  0, 0, 0, 'x', 0,  0, 0,  // 271, the camera's maker
                           18,  1,   3,  0, 1,  0, 0, 0, 6,   0,  0, 0})) == 6);
}

TEST_CASE("damaged or strange EXIF data leaves the picture as it is") {
  for (const auto& exif : {entry(274, 3, 1, 0), entry(274, 3, 1, 9), entry(274, 4, 1, 6), entry(274, 3, 2, 6),
                           entry(273, 3, 1, 6), std::string(), std::string("MM"), std::string(200, 'M'),
                           bytes({'I', 'M', 0, 42, 0, 0, 0, 8, 0, 1}), bytes({'M', 'M', 0, 43, 0, 0, 0, 8}),
                           bytes({'M', 'M', 0, 42, 255, 255, 255, 255, 0, 1, 1, 18, 0, 3, 0, 0, 0, 1, 0, 6})})
    CHECK(orientation(exif) == 1);
  const std::string sound = entry(274, 3, 1, 6);
  for (std::size_t length = 0; length < 20; length++) CHECK(orientation(sound.substr(0, length)) == 1);
}

TEST_CASE("turning a picture keeps its pixels") {
  // 1 2 3
  // 4 5 6
  Picture picture{3, 2, {}};
  for (std::uint8_t value = 1; value <= 6; value++) picture.rgb.insert(picture.rgb.end(), 3, value);
  const std::vector<std::vector<int>> expected = {{1, 2, 3, 4, 5, 6}, {3, 2, 1, 6, 5, 4}, {6, 5, 4, 3, 2, 1},
                                                  {4, 5, 6, 1, 2, 3}, {1, 4, 2, 5, 3, 6}, {4, 1, 5, 2, 6, 3},
                                                  {6, 3, 5, 2, 4, 1}, {3, 6, 2, 5, 1, 4}};
  for (int held = 1; held <= 8; held++) {
    INFO("orientation " << held);
    const Result<Picture> turned = upright(picture, held, "here");
    REQUIRE(turned.ok());
    CHECK(turned->width == (held < 5 ? 3 : 2));
    CHECK(turned->height == (held < 5 ? 2 : 3));
    std::vector<int> values;
    for (std::size_t i = 0; i < 6; i++) values.push_back(turned->rgb[3 * i]);
    CHECK(values == expected[static_cast<std::size_t>(held) - 1]);
  }
}

TEST_CASE("a large picture is turned like a small one") {
  Picture picture{101, 67, std::vector<std::uint8_t>(std::size_t{3} * 101 * 67)};
  for (std::size_t i = 0; i < picture.rgb.size(); i++)
    picture.rgb[i] = static_cast<std::uint8_t>(i * 7 + i / 251);
  const Result<Picture> turned = upright(picture, 6, "here");  // a quarter to the right
  REQUIRE(turned.ok());
  int wrong = 0;
  for (std::size_t y = 0; y < 67; y++)
    for (std::size_t x = 0; x < 101; x++)
      for (std::size_t c = 0; c < 3; c++)
        wrong += turned->rgb[(x * 67 + 66 - y) * 3 + c] != picture.rgb[(y * 101 + x) * 3 + c];
  CHECK(wrong == 0);
}

}  // namespace
}  // namespace effnet
