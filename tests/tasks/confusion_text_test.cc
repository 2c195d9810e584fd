#include "tasks/confusion_text.h"

#include "tests/catch.h"

namespace effnet {
namespace {

using Catch::Contains;

std::vector<std::string> numbered(int classes) {
  std::vector<std::string> labels;
  for (int c = 0; c < classes; ++c) labels.push_back("class " + std::to_string(c));
  return labels;
}

Confusion cats_and_dogs() {
  Confusion confusion(2);
  confusion.at(0, 0) = 8;
  confusion.at(0, 1) = 2;
  confusion.at(1, 1) = 1234;
  return confusion;
}

TEST_CASE("a class has a line: pictures, precision, recall, F1") {
  CHECK(class_table(cats_and_dogs(), {"cat", "dog"}) ==
        "class  pictures  precision  recall     F1\n"
        "cat          10      1.000   0.800  0.889\n"
        "dog        1234      0.998   1.000  0.999\n");
}

TEST_CASE("up to 20 classes the whole matrix is shown") {
  CHECK_THAT(confusion_table(cats_and_dogs(), {"cat", "dog"}), Contains("cat      8    2\n"
                                                                        "dog      0 1234\n"));
  CHECK_THAT(confusion_table(Confusion(20), numbered(20)), Contains("class 19   0"));
}

TEST_CASE("of more classes the most frequent mistakes are shown, the worst first") {
  Confusion confusion(21);
  confusion.at(3, 4) = 2;
  confusion.at(20, 0) = 17;
  confusion.at(5, 5) = 100;
  CHECK(confusion_table(confusion, numbered(21)) ==
        "most frequent mistakes\n"
        "    17  class 20 taken for class 0\n"
        "     2  class 3 taken for class 4\n");
  CHECK(confusion_table(Confusion(21), numbered(21)) == "most frequent mistakes\n  none\n");
}

TEST_CASE("long names are cut between characters, control characters do not reach the terminal") {
  const std::string text =
      class_table(Confusion(2), {std::string(20, 'a') + "\xc3\xa9\xc3\xa9\xc3\xa9", "b\x1b[31m"});
  CHECK_THAT(text, Contains("\n" + std::string(20, 'a') + "... "));
  CHECK_THAT(text, !Contains("\x1b") && Contains("b?[31m"));
}

}  // namespace
}  // namespace effnet
