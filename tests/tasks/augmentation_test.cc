#include "tasks/augmentation.h"

#include <set>

#include "tests/catch.h"

namespace effnet::test {
namespace {

// Every pixel says where it is: red its column, green its row.
Picture coordinates(int width, int height) {
  Picture picture{width, height, {}};
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      picture.rgb.insert(picture.rgb.end(), {static_cast<std::uint8_t>(x), static_cast<std::uint8_t>(y), 7});
  return picture;
}

TEST_CASE("the whole view is the picture, mirrored it runs from right to left") {
  const Picture picture = coordinates(5, 3);
  CHECK(cut_out(picture, {}).rgb == picture.rgb);
  const Picture mirrored = cut_out(picture, {0, 0, 1, true});
  CHECK(mirrored.width == 5);
  CHECK(mirrored.rgb[0] == 4);
  CHECK(mirrored.rgb[12] == 0);
  CHECK(mirrored.rgb[15 + 1] == 1);
  CHECK(cut_out(mirrored, {0, 0, 1, true}).rgb == picture.rgb);
}

TEST_CASE("a part lies where the view says") {
  const Picture part = cut_out(coordinates(10, 20), {1, 0.5, 0.5, false});
  CHECK(part.width == 5);
  CHECK(part.height == 10);
  CHECK(part.rgb[0] == 5);
  CHECK(part.rgb[1] == 5);
  CHECK(part.rgb[part.rgb.size() - 3] == 9);
  CHECK(part.rgb[part.rgb.size() - 2] == 14);
}

TEST_CASE("parts are brighter or darker where that is asked for, never the whole") {
  const std::vector<View> views = make_views({.flip = true, .crops = 4, .brightness = true}, "abc");
  CHECK(views[0].brightness == 1);
  std::set<std::string> texts;
  for (std::size_t i = 1; i <= 4; ++i) {
    CHECK(views[i].brightness >= 0.7);
    CHECK(views[i].brightness <= 1.3);
    CHECK(views[5 + i].brightness == views[i].brightness);
    texts.insert(views[i].text());
  }
  CHECK(texts.size() == 4);
  const Picture darker = cut_out(coordinates(5, 3), {.brightness = 0.5}),
                bright = cut_out(coordinates(5, 3), {.brightness = 100});
  CHECK(darker.rgb[3 * 4] == 2);
  CHECK(bright.rgb[3 * 4] == 255);
  CHECK(bright.rgb[0] == 0);
}

TEST_CASE("pictures of one pixel have parts of one pixel") {
  for (const View& view : make_views({true, 5}, "abc"))
    CHECK(cut_out(coordinates(1, 1), view).rgb.size() == 3);
}

TEST_CASE("views: the whole first, as many as asked for, all different, the same for the same picture") {
  const AugmentationOptions options = {true, 3};
  const std::vector<View> views = make_views(options, "0123");
  CHECK(views.size() == 8);
  CHECK(view_count(options) == 8);
  CHECK(views[0].text() == View().text());
  std::set<std::string> texts;
  for (const View& view : views) {
    texts.insert(view.text());
    CHECK(view.size >= 0.7);
    CHECK(view.size <= 1);
    CHECK((view.left >= 0 && view.left <= 1 && view.top >= 0 && view.top <= 1));
  }
  CHECK(texts.size() == 8);
  CHECK(make_views(options, "0123")[2].text() == views[2].text());
  CHECK(make_views(options, "0124")[2].text() != views[2].text());
  CHECK(make_views({}, "0123").size() == 1);
}

}  // namespace
}  // namespace effnet::test
