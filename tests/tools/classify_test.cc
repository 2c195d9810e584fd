#include <algorithm>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>

#include "formats/safetensors_writer.h"
#include "tests/catch.h"
#include "tests/tools/fake_model.h"

namespace effnet::test {
namespace {

using Catch::Contains;

// The fake network's scores of a pure colour are 4, 0, 0.
constexpr double pure = 0.96466;  // e^4 / (e^4 + 2)

TEST_CASE("classify names the most probable classes, best first") {
  const FakeModel model;
  const std::string red = model.picture("red.png", {255, 0, 0}),
                    blue = model.picture("blue.png", {0, 0, 255});
  const ProcessResult result = model.effnet({"classify", model.library(), "--top", "2", red, blue});
  CHECK(result.status == 0);
  CHECK(result.error.empty());
  CHECK(result.out ==
        red + "\n   96.47 %  red\n    1.77 %  green\n" + blue + "\n   96.47 %  blue\n    1.77 %  red\n");
}

TEST_CASE("classify --json prints one document") {
  const FakeModel model;
  const std::string green = model.picture("green.png", {0, 255, 0});
  const ProcessResult result = model.effnet({"classify", model.library(), "--json", "--threads", "2", green});
  REQUIRE(result.status == 0);
  const auto json = nlohmann::json::parse(result.out);
  REQUIRE(json.size() == 1);
  CHECK(json[0]["file"] == green);
  REQUIRE(json[0]["top"].size() == 3);  // all that there are, though 5 are wanted
  CHECK(json[0]["top"][0]["class"] == 1);
  CHECK(json[0]["top"][0]["label"] == "green");
  CHECK(json[0]["top"][0]["probability"].get<double>() == Approx(pure).margin(1e-4));
}

TEST_CASE("classify reads the good pictures among bad ones, and fails") {
  const FakeModel model;
  const std::string red = model.picture("red.png", {255, 0, 0}),
                    blue = model.picture("blue.png", {0, 0, 255});
  const std::string text = model.text("text.png", "this is a text");
  const ProcessResult result =
      model.effnet({"classify", model.library(), "--json", red, text, model.file("none.png"), blue});
  CHECK(result.status == 1);
  const auto json = nlohmann::json::parse(result.out);
  REQUIRE(json.size() == 2);
  CHECK(json[0]["file"] == red);
  CHECK(json[1]["file"] == blue);
  CHECK(result.error ==
        "effnet classify: " + text + ": neither a PNG nor a JPEG picture (only these can be read)\n" +
            "effnet classify: " + model.file("none.png") + ": cannot be read: No such file or directory\n");
}

TEST_CASE("classify --csv prints a table") {
  const FakeModel model;
  const std::string red = model.picture("red, \"the\" colour.png", {255, 0, 0});
  const ProcessResult result = model.effnet({"classify", model.library(), "--csv", "--top", "1", red});
  CHECK(result.status == 0);
  CHECK(result.out == "file,rank,class,label,probability\n\"" + model.file("red, \"\"the\"\" colour.png") +
                          "\",1,0,\"red\",0.964663\n");
  CHECK(model.effnet({"classify", model.library(), "--csv", "--json", red}).status != 0);
}

TEST_CASE("classify takes folders, patterns and standard input") {
  const FakeModel model;
  std::filesystem::create_directory(model.file("pictures"));
  const std::string blue = model.picture("pictures/a.png", {0, 0, 255}),
                    red = model.picture("pictures/b.png", {255, 0, 0});
  const auto files = [&](const std::string& arguments, const std::string& input) {
    const ProcessResult result = run_program(
        {"sh", "-c", "cd \"$1\" && " + input + " \"$2\" classify ./libfake.so --csv --top 1 " + arguments,
         "sh", model.file("pictures/.."), EFFNET_PROGRAM});
    CHECK(result.error.empty());
    CHECK(result.status == 0);
    return result.out.substr(result.out.find('\n') + 1);
  };
  const std::string both =
      "\"pictures/a.png\",1,2,\"blue\",0.964663\n\"pictures/b.png\",1,0,\"red\",0.964663\n";
  CHECK(files("pictures", "") == both);
  CHECK(files("'pictures/*.png'", "") == both);
  CHECK(files("-", "find pictures -name '*.png' | sort |") == both);
  CHECK(files("-", "<pictures/b.png") == "\"-\",1,0,\"red\",0.964663\n");
}

TEST_CASE("standard input that names no picture is refused") {
  const FakeModel model;
  for (const char* input : {"", "\n\r\n"}) {
    const ProcessResult result = run_program({"sh", "-c", "printf '%b' \"$1\" | \"$2\" classify \"$3\" -",
                                              "sh", input, EFFNET_PROGRAM, model.library()});
    CHECK(result.status == 1);
    check_refused(result, "-: standard input is empty");
  }
}

TEST_CASE("classify of many pictures goes on after bad ones and says how fast it was") {
  const FakeModel model;
  std::filesystem::create_directory(model.file("pictures"));
  for (int i = 0; i < 300; i++) {
    const std::string name = "pictures/" + std::to_string(1000 + i) + ".png";
    if (i % 100 == 50)
      model.text(name, "no picture");
    else
      model.picture(name, i % 2 == 0 ? Colour{255, 0, 0} : Colour{0, 255, 0});
  }
  const ProcessResult result = model.effnet(
      {"classify", model.library(), "--json", "--top", "1", "--jobs", "3", model.file("pictures")});
  CHECK(result.status == 1);
  const auto json = nlohmann::json::parse(result.out);
  REQUIRE(json.size() == 297);
  for (std::size_t i = 1; i < json.size(); i++) CHECK(json[i - 1]["file"] < json[i]["file"]);
  for (const auto& row : json) {
    const bool even = (row["file"].get<std::string>().end()[-5] - '0') % 2 == 0;
    CHECK(row["top"][0]["label"] == (even ? "red" : "green"));
  }
  CHECK(std::count(result.error.begin(), result.error.end(), '\n') == 4);
  CHECK_THAT(result.error, Contains("297 pictures in ") && Contains(" a second\n"));
  for (const char* bad : {"1050", "1150", "1250"})
    CHECK_THAT(result.error, Contains(std::string(bad) + ".png: neither"));
}

TEST_CASE("a bad picture takes one line, whatever its name") {
  const FakeModel model;
  const ProcessResult result = model.effnet({"classify", model.library(), "/nowhere/two\nlines.png"});
  CHECK(result.status == 1);
  CHECK(result.error ==
        "effnet classify: /nowhere/two?lines.png: cannot be read: No such file or directory\n");
}

TEST_CASE("scores that are no numbers are an error") {
  const FakeModel model;
  const std::string red = model.picture("red.png", {255, 0, 0});
  std::string weights = read_file(model.weights());
  const float nan = std::numeric_limits<float>::quiet_NaN();
  std::memcpy(weights.data() + weights.size() - 16 * sizeof nan, &nan, sizeof nan);
  write_file(model.weights(), weights);
  const ProcessResult result = model.effnet({"classify", model.library(), red});
  CHECK(result.status == 1);
  CHECK_THAT(result.error, Contains("red.png") && Contains("NaN"));
}

TEST_CASE("classify reads pictures of extreme proportions") {
  const FakeModel model;
  const std::string narrow = std::string(EFFNET_SOURCE_DIR) + "/tests/data/png/rgb8_1x90.png";
  const std::string flat = std::string(EFFNET_SOURCE_DIR) + "/tests/data/png/grey1_90x1.png";
  const ProcessResult result = model.effnet({"classify", model.library(), narrow, flat});
  CHECK(result.status == 0);
  CHECK(result.error.empty());
}

TEST_CASE("classify --head uses another classifier") {
  const FakeModel model;
  const std::string red = model.picture("red.png", {255, 0, 0});
  const std::string path = model.file("head.safetensors");
  auto head = SafetensorsWriter::create(path, {{"weight", Dtype::f32, {2, 3}}, {"bias", Dtype::f32, {2}}},
                                        {{"fingerprint", "0123456789abcdef"}, {"labels", "cold\nwarm"}});
  REQUIRE(head.ok());
  REQUIRE(head->write(std::vector<float>{0, 0, 4, 4, 0, 0}).ok());
  REQUIRE(head->write(std::vector<float>{0, 0}).ok());
  REQUIRE(head->commit().ok());
  const ProcessResult result = model.effnet({"classify", model.library(), "--head", path, red});
  CHECK(result.error.empty());
  CHECK(result.out == red + "\n   98.20 %  warm\n    1.80 %  cold\n");

  const ProcessResult missing =
      model.effnet({"classify", model.library(), "--head", model.file("none"), red});
  CHECK(missing.status == 1);
  CHECK_THAT(missing.error, Contains("none: no such file"));
}

TEST_CASE("classify fails when its output cannot be written") {
  const FakeModel model;
  const std::string red = model.picture("red.png", {255, 0, 0});
  const ProcessResult result =
      model.effnet({"classify", model.library(), red}, {.standard_output = "/dev/full"});
  CHECK(result.status == 1);
  CHECK(result.error == "effnet classify: cannot write to standard output\n");
}

}  // namespace
}  // namespace effnet::test
