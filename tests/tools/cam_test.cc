// effnet cam: heat maps over pictures. The fake network's last map is the means of the picture's quarters,
// its classifier multiplies by 4, so that the map of a class is 4 times its colour in every quarter.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "formats/safetensors_writer.h"
#include "pictures/png_writer.h"
#include "pictures/read.h"
#include "tests/catch.h"
#include "tests/support/tensors.h"
#include "tests/tools/fake_model.h"

namespace effnet::test {
namespace {

using Catch::Contains;

// 8 x 8: red in the upper left quarter, half as green in the lower right one, else black.
std::string two_quarters(const FakeModel& model, const std::string& name = "quarters.png") {
  Picture picture{8, 8, std::vector<std::uint8_t>(192)};
  for (std::size_t y = 0; y < 4; y++)
    for (std::size_t x = 0; x < 4; x++) {
      picture.rgb[3 * (8 * y + x)] = 255;
      picture.rgb[3 * (8 * (y + 4) + x + 4) + 1] = 128;
    }
  return model.text(name, *encode_png(picture));
}

FloatFile raw_map(const FakeModel& model, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"cam", model.library(), "--raw", model.file("map.safetensors")});
  const ProcessResult result = model.effnet(arguments);
  CHECK(result.error.empty());
  REQUIRE(result.status == 0);
  return read_tensors(model.file("map.safetensors"));
}

// Pixels as they were when somebody looked at them, but for rounding. EFFNET_UPDATE_GOLDEN=1 replaces the
// files.
void check_golden(const std::string& path, const std::string& name) {
  const std::string golden = std::string(EFFNET_SOURCE_DIR) + "/tests/data/cam/" + name;
  if (std::getenv("EFFNET_UPDATE_GOLDEN") != nullptr) {
    std::filesystem::create_directories(std::filesystem::path(golden).parent_path());
    write_file(golden, read_file(path));
  }
  const Result<Picture> is = read_picture(path), should = read_picture(golden);
  REQUIRE(is.ok());
  REQUIRE(should.ok());
  REQUIRE(is->width == should->width);
  REQUIRE(is->height == should->height);
  int worst = 0;
  for (std::size_t i = 0; i < is->rgb.size(); i++)
    worst = std::max(worst, std::abs(is->rgb[i] - should->rgb[i]));
  CHECK(worst <= 3);
}

TEST_CASE("cam --raw writes the map of the most probable class, whose mean is the logit") {
  const FakeModel model;
  const FloatFile file = raw_map(model, {two_quarters(model)});
  const FloatTensor& map = find(file.tensors, "map");
  CHECK(map.shape == std::vector<std::int64_t>{2, 2});
  CHECK(map.values == std::vector<float>{4, 0, 0, 0});
  CHECK(file.metadata.at("network") == "fake");
  CHECK(file.metadata.at("file") == model.file("quarters.png"));
  CHECK(file.metadata.at("class") == "0");
  CHECK(file.metadata.at("label") == "red");
  const double e = std::exp(1.0), green = std::exp(0.5 * 256 / 255);
  CHECK(std::stod(file.metadata.at("probability")) == Approx(e / (e + green + 1)).margin(1e-5));
  CHECK(nlohmann::json::parse(file.metadata.at("region")) == nlohmann::json({0.0, 0.0, 1.0, 1.0}));
}

TEST_CASE("cam --class takes a number or a label") {
  const FakeModel model;
  const std::string picture = two_quarters(model);
  for (const char* wanted : {"1", "green", "Green"}) {
    const FloatFile file = raw_map(model, {"--class", wanted, picture});
    CHECK(file.metadata.at("label") == "green");
    const std::vector<float>& map = find(file.tensors, "map").values;
    CHECK(map[3] == Approx(4 * 128 / 255.0));
    CHECK(map[0] == 0);
  }
  for (const char* wrong : {"3", "-1", "gren"}) {
    const ProcessResult result =
        model.effnet({"cam", model.library(), "-o", model.file("out.png"), "--class", wrong, picture});
    CHECK(result.status == 1);
    CHECK_THAT(result.error, Contains("is no label of the network and no number of a class (0 to 2)"));
  }
  CHECK_THAT(model.effnet({"cam", model.library(), "-o", model.file("o"), "--class", "gren", picture}).error,
             Contains("did you mean green?"));
}

TEST_CASE("cam --class refuses a label that several classes have") {
  const FakeModel model;
  std::string weights = read_file(model.weights());
  weights.replace(weights.find("red\\ngreen\\nblue"), 16, "red\\nred\\nyellow");
  write_file(model.weights(), weights);
  const ProcessResult result = model.effnet(
      {"cam", model.library(), "-o", model.file("out.png"), "--class", "red", two_quarters(model)});
  CHECK(result.status == 1);
  CHECK_THAT(result.error, Contains("--class: 'red' fits 2 labels") && Contains("one of 0, 1"));
}

TEST_CASE("cam --json has null for a label, and --raw has none, where the weights carry no labels") {
  const FakeModel model;
  std::string weights = read_file(model.weights());
  weights.replace(weights.find("\"labels\""), 8, "\"nolabe\"");
  write_file(model.weights(), weights);
  const ProcessResult result = model.effnet(
      {"cam", model.library(), "--raw", model.file("map"), "--json", "--class", "1", two_quarters(model)});
  CHECK(result.error.empty());
  REQUIRE(result.status == 0);
  const auto json = nlohmann::json::parse(result.out);
  CHECK(json[0]["class"] == 1);
  CHECK(json[0]["label"].is_null());
  CHECK_FALSE(read_tensors(model.file("map")).metadata.contains("label"));
}

TEST_CASE("cam draws the map over the picture") {
  const FakeModel model;
  const ProcessResult result =
      model.effnet({"cam", model.library(), "-o", model.file("out.png"), two_quarters(model)});
  CHECK(result.error.empty());
  REQUIRE(result.status == 0);
  CHECK(result.out == model.file("quarters.png") + "  fake  50.62 %  red  map from 0.00 to 4.00\n");
  check_golden(model.file("out.png"), "one.png");
}

TEST_CASE("cam --grid puts pictures and networks side by side") {
  const FakeModel model;
  const std::string both = model.library() + "," + model.library();
  const std::string blue = model.picture("blue.png", {0, 0, 255}), quarters = two_quarters(model);
  const ProcessResult result =
      model.effnet({"cam", both, "--grid", "--json", "-o", model.file("grid.png"), blue, quarters});
  CHECK(result.error.empty());
  REQUIRE(result.status == 0);
  const auto json = nlohmann::json::parse(result.out);
  REQUIRE(json.size() == 4);
  CHECK(json[1] == json[0]);
  CHECK(json[0]["file"] == blue);
  CHECK(json[0]["label"] == "blue");
  CHECK(json[2]["class"] == 0);
  CHECK(json[2]["largest"] == 4);
  check_golden(model.file("grid.png"), "grid.png");
}

TEST_CASE("cam --head explains another classifier's classes") {
  const FakeModel model;
  const std::string path = model.file("head.safetensors");
  auto head = SafetensorsWriter::create(path, {{"weight", Dtype::f32, {2, 3}}, {"bias", Dtype::f32, {2}}},
                                        {{"fingerprint", "0123456789abcdef"}, {"labels", "cold\nwarm"}});
  REQUIRE(head.ok());
  REQUIRE(head->write(std::vector<float>{0, 0, 4, 8, -2, 0}).ok());
  REQUIRE(head->write(std::vector<float>{0, 0}).ok());
  REQUIRE(head->commit().ok());
  const FloatFile file = raw_map(model, {"--head", path, two_quarters(model)});
  CHECK(file.metadata.at("label") == "warm");
  const std::vector<float>& map = find(file.tensors, "map").values;
  CHECK(map[0] == 8);
  CHECK(map[3] == Approx(-2 * 128 / 255.0));
}

TEST_CASE("when the disk becomes full, cam leaves neither map nor picture") {
  const FakeModel model;
  const std::string red = model.picture("red.png", {255, 0, 0});
  const ProcessResult result = model.effnet_with_small_files(
      {"cam", model.library(), "--raw", model.file("map"), "-o", model.file("out.png"), red});
  CHECK(result.status == 1);
  CHECK(result.out.empty());
  CHECK_THAT(result.error, Contains("out.png': File too large"));
  CHECK(model.new_files() == std::vector<std::string>{"red.png"});
}

TEST_CASE("cam refuses what it cannot do, and writes nothing") {
  const FakeModel model;
  const std::string red = model.picture("red.png", {255, 0, 0}), out = model.file("out.png");
  const auto refused = [&](const std::vector<std::string>& arguments, const std::string& text) {
    std::vector<std::string> command = {"cam"};
    command.insert(command.end(), arguments.begin(), arguments.end());
    check_refused(model.effnet(command), text);
  };
  const std::string library = model.library(), both = library + "," + library;
  refused({library, red}, "name what to write");
  refused({library, "-o", out, red, red}, "--grid");
  refused({library, "-o", out, model.file("none.png")}, "none.png: cannot be read");
  refused({library, "-o", out, model.file("no*.png")}, "no file has a name like this");
  refused({library, "--grid", "-o", out, red, model.file("none.png")}, "none.png: cannot be read");
  refused({both, "-o", out, red}, "libfake.so,");
  refused({both, "--grid", "--weights", model.weights(), "-o", out, red}, "1 files for 2 networks");
  refused({library, "--grid", "--raw", out, red}, "--raw");
  refused({library, "-o", model.file("no/such/folder.png"), red}, "No such file or directory");
  refused({library, "--raw", model.file("map"), "-o", model.file("no/such/folder.png"), red}, "No such file");
  refused({library, "--raw", out, "-o", out, red}, "name the same file");
  CHECK(model.new_files() == std::vector<std::string>{"red.png"});
}

}  // namespace
}  // namespace effnet::test
