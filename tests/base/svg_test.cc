// Pieces of pictures: where values land, and that no text breaks the file.
#include "base/svg.h"

#include "tests/catch.h"

namespace effnet {
namespace {

TEST_CASE("text cannot end the element that it stands in") {
  CHECK(xml_text("a<b> & \"c\"") == "a&lt;b&gt; &amp; &quot;c&quot;");
  CHECK(svg_text(1, 2, "end", "<i>") == "<text x='1.0' y='2.0' text-anchor='end'>&lt;i&gt;</text>");
}

TEST_CASE("axes take values to pixels") {
  const LinearAxis linear{0, 10, 100, 300};
  CHECK(linear(0) == Approx(100));
  CHECK(linear(5) == Approx(200));
  const LogAxis log{1, 100, 0, 200};
  CHECK(log(10) == Approx(100));
  CHECK(log(1000) == Approx(200));
  CHECK(decades(log) == std::vector<double>{1, 10, 100});
}

TEST_CASE("ticks are round and lie on the axis") {
  CHECK(ticks({0, 10, 0, 1}, 5) == std::vector<double>{0, 2, 4, 6, 8, 10});
  CHECK(ticks({1, 10, 0, 1}, 5) == std::vector<double>{2, 4, 6, 8, 10});
  const std::vector<double> small = ticks({0.61, 0.83, 0, 1}, 4);
  REQUIRE(small.size() == 2);
  CHECK(small[0] == Approx(0.7));
  CHECK(small[1] == Approx(0.8));
  CHECK(ticks({3, 3, 0, 1}, 5).empty());
}

}  // namespace
}  // namespace effnet
