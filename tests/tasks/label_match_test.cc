#include "tasks/label_match.h"

#include "tests/catch.h"

namespace effnet {
namespace {

using Catch::Contains;

const std::vector<std::string> labels = {"tabby cat", "Egyptian cat", "crane",
                                         "crane",     "Crane-fly",    "crane fly"};

TEST_CASE("folders are labels but for capitals, '_' and '-', or the numbers of classes") {
  const Result<std::vector<int>> classes = match_labels({"Tabby_Cat", "egyptian-cat", "0", "5"}, labels);
  REQUIRE(classes);
  CHECK(*classes == std::vector<int>{0, 1, 0, 5});
}

TEST_CASE("a label in its very letters goes before those that are like it") {
  CHECK(*match_labels({"crane fly"}, labels) == std::vector<int>{5});
  CHECK(*match_labels({"Crane-fly"}, labels) == std::vector<int>{4});
}

TEST_CASE("what fits no label, or several, is refused") {
  for (const char* name : {"crane", "CRANE"})
    CHECK_THAT(match_labels({name}, labels).message(), Contains("fits 2 labels"));
  CHECK_THAT(match_labels({"tabby_cta"}, labels).message(), Contains("did you mean tabby cat?"));
  for (const char* name : {"6", "-1", "1x", ""}) CHECK_FALSE(match_labels({name}, labels));
}

}  // namespace
}  // namespace effnet
