#include "tasks/confusion_picture.h"

#include <algorithm>

#include "tests/catch.h"

namespace effnet {
namespace {

Confusion diagonal(int classes, std::int64_t count) {
  Confusion confusion(classes);
  for (int c = 0; c < classes; ++c) confusion.at(c, c) = count;
  return confusion;
}

std::vector<std::string> names(int classes, const std::string& beginning) {
  std::vector<std::string> out;
  for (int c = 0; c < classes; ++c) out.push_back(beginning + std::to_string(c));
  return out;
}

// Pixels of a colour.
int count_of(const Picture& picture, const std::vector<std::uint8_t>& rgb) {
  int count = 0;
  for (std::size_t i = 0; i < picture.rgb.size(); i += 3)
    count += std::equal(rgb.begin(), rgb.end(), picture.rgb.begin() + static_cast<std::ptrdiff_t>(i));
  return count;
}

const std::vector<std::uint8_t> blue = {8, 48, 107}, red = {128, 20, 20};

TEST_CASE("what is right is blue, what is wrong is red, each by its share of the row") {
  const Picture right = draw_confusion(diagonal(3, 7), names(3, "class "));
  CHECK(count_of(right, blue) > 3 * 300);
  CHECK(count_of(right, red) == 0);
  Confusion confusion = diagonal(3, 7);
  confusion.at(1, 1) = 0;
  confusion.at(1, 2) = 7;
  const Picture wrong = draw_confusion(confusion, names(3, "class "));
  CHECK(wrong.width == right.width);
  CHECK(count_of(wrong, red) > 300);
  CHECK(count_of(wrong, blue) < count_of(right, blue));
}

TEST_CASE("names stand at rows and columns where they fit, the picture grows with them up to a limit") {
  const Picture digits = draw_confusion(diagonal(10, 30), names(10, "")),
                words = draw_confusion(diagonal(10, 30), names(10, "flower ")),
                texts = draw_confusion(diagonal(10, 30), names(10, std::string(300, 'x')));
  CHECK(digits.width < words.width);
  CHECK(words.width < 1600);
  CHECK(texts.width < words.width);  // numbers at the columns, shortened names at the rows
  CHECK(digits.rgb != draw_confusion(diagonal(10, 30), names(10, "1")).rgb);
}

TEST_CASE("counts are readable up to 40 classes; of any number of classes there is a picture") {
  CHECK(draw_confusion(diagonal(40, 123456), names(40, "a")).width > 40 * 40);
  for (const int classes : {1, 2, 41, 1000, 2000}) {
    const Picture picture = draw_confusion(diagonal(classes, 1), names(classes, "a"));
    CHECK(picture.rgb.size() == std::size_t{3} * picture.width * picture.height);
    CHECK(picture.width >= classes);
    CHECK(picture.width < 2100);
  }
}

}  // namespace
}  // namespace effnet
