#include "base/text.h"

#include "base/sha256.h"
#include "tests/catch.h"

using namespace effnet;

TEST_CASE("The nearest name is the one with the fewest edits") {
  const std::vector<std::string> names = {"efficientnet_b0", "efficientnet_b1", "tf_efficientnet_lite0"};
  CHECK(nearest_name("eficientnet_b1", names) == "efficientnet_b1");
  CHECK(nearest_name("efficientnet_1b", names) == "efficientnet_b1");  // neighbours swapped: one edit
  CHECK(nearest_name("tf_efficientnet_lite", names) == "tf_efficientnet_lite0");
  CHECK(nearest_name("efficientnet_b1", names) == "efficientnet_b1");
}

TEST_CASE("Names that are far from all candidates have no nearest one") {
  const std::vector<std::string> names = {"efficientnet_b0", "stem"};
  CHECK(nearest_name("resnet50", names).empty());
  CHECK(nearest_name("", names).empty());
  CHECK(nearest_name(std::string(100000, 'e'), names).empty());
  CHECK(nearest_name("stem", {}).empty());
  CHECK(did_you_mean("resnet50", names).empty());
  CHECK(did_you_mean("stme", names) == "; did you mean stem?");
}

TEST_CASE("Lower case changes ASCII letters only") {
  CHECK(in_lower_case("Photo_1.JPG") == "photo_1.jpg");
  CHECK(in_lower_case("Z\xc3\x84[@]") == "z\xc3\x84[@]");
}

TEST_CASE("Numbers get a comma every three digits") {
  CHECK(with_commas(0) == "0");
  CHECK(with_commas(999) == "999");
  CHECK(with_commas(1000) == "1,000");
  CHECK(with_commas(5288548) == "5,288,548");
  CHECK(with_commas(-123456) == "-123,456");
}

TEST_CASE("Columns are filled up with spaces, and never cut") {
  CHECK(padded_left("ab", 4) == "  ab");
  CHECK(padded_right("ab", 4) == "ab  ");
  CHECK(padded_left("abc", 2) == "abc");
  CHECK(padded_right("abc", 2) == "abc");
}

TEST_CASE("Quoted text stays one short line") {
  CHECK(in_quotes("a\nb\x7f") == "'a?b?'");
  CHECK(in_quotes(std::string(5000, 'x')).size() < 130);
}

TEST_CASE("A message with a file's name stays one line") {
  CHECK(in_one_line("a\nb\tc.png: not there") == "a?b?c.png: not there");
}

TEST_CASE("Joining puts separators between parts only") {
  CHECK(join({"a", "b", "c"}, ", ") == "a, b, c");
  CHECK(join({"a"}, ", ") == "a");
  CHECK(join({}, ", ").empty());
}

TEST_CASE("SHA-256 gives the standard's digests") {
  const std::string text = "abc";
  const Result<std::string> digest = sha256(std::as_bytes(std::span(text.data(), text.size())));
  REQUIRE(digest);
  CHECK(*digest == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}
