// effnet calibrate, with the fake network compiled to observe: its tensors are the mean colours of a picture's quarters.
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>

#include "pictures/png_writer.h"
#include "tests/catch.h"
#include "tests/tools/fake_model.h"

namespace effnet::test {
namespace {

using Catch::Contains;

// The library beside fake.weights, in its place.
class ObservingModel : public FakeModel {
 public:
  ObservingModel() {
    std::filesystem::copy_file(FAKE_OBSERVING_LIBRARY, library(),
                               std::filesystem::copy_options::overwrite_existing);
  }

  // 8 x 8, the left half of one colour, the right half of another; its path.
  std::string halves(const std::string& name, Colour left, Colour right) const {
    return picture_of(name, [&](int x, int) { return x < 4 ? left : right; });
  }
  // 8 x 8, black but for the upper left quarter.
  std::string quarter(const std::string& name, Colour colour) const {
    return picture_of(name, [&](int x, int y) { return x < 4 && y < 4 ? colour : Colour{0, 0, 0}; });
  }
  // Every quarter has the same mean.
  std::string chequered(const std::string& name, Colour white, Colour black) const {
    return picture_of(name, [&](int x, int y) { return (x + y) % 2 == 0 ? white : black; });
  }
  ProcessResult calibrate(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {"calibrate", library()});
    arguments.insert(arguments.end(), {"-o", file("cal.json")});
    return effnet(arguments);
  }
  // Writes NaN so many bytes before the end of the weights.
  void damage(int bytes_before_end) const {
    std::fstream file(weights(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(-bytes_before_end, std::ios::end);
    const float nan = std::numeric_limits<float>::quiet_NaN();
    file.write(reinterpret_cast<const char*>(&nan), sizeof nan);
  }
  std::string calibration() const { return read_file(file("cal.json")); }

 private:
  template <typename ColourAt>
  std::string picture_of(const std::string& name, const ColourAt& colour_at) const {
    Picture picture{8, 8, {}};
    for (int y = 0; y < 8; ++y)
      for (int x = 0; x < 8; ++x) {
        const Colour c = colour_at(x, y);
        picture.rgb.insert(picture.rgb.end(), {c.red, c.green, c.blue});
      }
    return text(name, *encode_png(picture));
  }
};

constexpr Colour red = {255, 0, 0}, yellow = {255, 255, 0}, blue = {0, 0, 255}, grey = {51, 51, 51};

TEST_CASE("calibrate writes every tensor's range, steps, loss and means") {
  const ObservingModel model;
  const ProcessResult result = model.calibrate(
      {"--method", "minmax", model.halves("a.png", red, blue), model.halves("b.png", yellow, grey)});
  INFO(result.error);
  REQUIRE(result.status == 0);
  CHECK(result.error.empty());
  const auto json = nlohmann::json::parse(model.calibration());
  CHECK(json["format"] == "effnet calibration 1");
  CHECK(json["network"] == "fake_network");
  CHECK(json["fingerprint"] == "0123456789abcdef");
  CHECK(json["pictures"] == 2);
  CHECK(json["method"] == "minmax");
  CHECK(json["kept"].empty());
  CHECK(json["tensors"].size() == 5);
  const auto& stem = json["tensors"]["stem"];
  CHECK(stem["minimum"] == 0);
  CHECK(stem["maximum"] == 1);
  CHECK(stem["scale"].get<double>() == Approx(1.0 / 255));
  CHECK(stem["zero_point"] == 0);
  // Red of a, b: 1, 0, 1, 0.2.
  CHECK(stem["means"] == std::vector<double>{0.55, 0.3, 0.3});
  // 0, 1 and 51 / 255 are steps.
  CHECK(stem["loss"].get<double>() < 1e-6);
  const auto& gated = json["tensors"]["blocks.0.gated"];
  CHECK(gated["maximum"] == 2);
  CHECK(gated["means"] == std::vector<double>{0.275, 0.075, 0.6});
  CHECK_THAT(result.out, Contains("cal.json: 5 tensors of fake_network, from 2 pictures by minmax\n"));
  CHECK_THAT(result.out, Contains("blocks.0.gated"));
}

TEST_CASE("calibrate --json prints one document, and the same pictures give the same bytes") {
  const ObservingModel model;
  std::vector<std::string> pictures;
  for (int i = 0; i < 12; ++i) {
    const auto shade = static_cast<unsigned char>(20 * i);
    pictures.push_back(model.halves("p" + std::to_string(i) + ".png", {shade, 7, 100}, {9, shade, 200}));
  }
  const auto run = [&](const std::vector<std::string>& further) {
    std::vector<std::string> arguments = pictures;
    arguments.insert(arguments.end(), further.begin(), further.end());
    arguments.insert(arguments.end(), {"--json", "--crops", "3", "--max-loss", "1"});
    const ProcessResult result = model.calibrate(arguments);
    INFO(result.error);
    REQUIRE(result.status == 0);
    const auto json = nlohmann::json::parse(result.out);
    CHECK(json["pictures"] == 12);
    CHECK(json["method"] == "mse");
    CHECK(json["tensors"].size() == 5);
    CHECK(json["tensors"][0]["tensor"] == "stem");
    CHECK(json["tensors"][0]["stored"] == false);
    CHECK(json["tensors"][1]["stored"] == true);
    CHECK(json["kept"].empty());
    CHECK(json["blocks"].empty());  // none has to be measured
    CHECK(json["loss"].get<double>() > 0);
    CHECK(json["loss"].get<double>() < 1e-3);
    return model.calibration();
  };
  const std::string alone = run({"--jobs", "1"});
  CHECK(run({"--jobs", "3"}) == alone);
  CHECK(run({"--threads", "2"}) == alone);
}

TEST_CASE("calibrate's methods choose other ranges of the same values") {
  const ObservingModel model;
  std::vector<std::string> pictures = {model.halves("far.png", {255, 10, 12}, {11, 9, 8})};
  for (int i = 0; i < 30; ++i) {
    const auto shade = static_cast<unsigned char>(i);
    pictures.push_back(model.halves("p" + std::to_string(i) + ".png", {shade, 1, 3}, {2, shade, 7}));
  }
  const auto range = [&](const std::vector<std::string>& further) {
    std::vector<std::string> arguments = pictures;
    arguments.insert(arguments.end(), further.begin(), further.end());
    const ProcessResult result = model.calibrate(arguments);
    INFO(result.error);
    REQUIRE(result.status == 0);
    return 255 * nlohmann::json::parse(model.calibration())["tensors"]["stem"]["scale"].get<double>();
  };
  CHECK(range({"--method", "minmax"}) == Approx(1));
  CHECK(range({"--method", "percentile"}) == Approx(1));  // 99.99: of 372 values none is left out
  CHECK(range({"--method", "percentile", "--percentile", "99"}) == Approx(29.0 / 255).margin(0.001));
}

TEST_CASE("calibrate's default method clips a rare value where that changes the others less") {
  const ObservingModel model;
  // Of the range up to 170 / 255 the many values are one and a half steps.
  std::vector<std::string> pictures(2000, model.halves("near.png", {1, 1, 1}, {1, 0, 1}));
  pictures.push_back(model.quarter("far.png", {170, 0, 0}));
  const auto scale = [&](const std::vector<std::string>& further) {
    std::vector<std::string> arguments = pictures;
    arguments.insert(arguments.end(), further.begin(), further.end());
    REQUIRE(model.calibrate(arguments).status == 0);
    const auto json = nlohmann::json::parse(model.calibration());
    return json["tensors"]["blocks.0.depthwise"]["scale"].get<double>();
  };
  const double whole = scale({"--method", "minmax"}), best = scale({});
  CHECK(255 * whole == Approx(170.0 / 255));
  CHECK(best < 0.9 * whole);
  CHECK(scale({"--method", "mse"}) == best);
}

// What is refused writes nothing.
void check_nothing_written(const ObservingModel& model, const ProcessResult& result, const Texts& texts) {
  check_refused(result, texts);
  CHECK_FALSE(std::filesystem::exists(model.file("cal.json")));
}

TEST_CASE("calibrate refuses pictures that say nothing") {
  const ObservingModel model;
  const std::string one_colour = model.picture("plain.png", {9, 9, 9}),
                    good = model.halves("a.png", red, blue);
  check_nothing_written(model, model.calibrate({one_colour}), {"plain.png", "one colour"});
  check_nothing_written(model, model.calibrate({good, one_colour}), {"plain.png", "one colour"});
  check_nothing_written(model, model.calibrate({model.text("broken.png", "no picture"), good}), "broken.png");
  check_nothing_written(model, model.calibrate({model.text("empty.png", "")}), "empty.png");
  check_nothing_written(model, model.calibrate({model.file("nowhere")}), "nowhere");
  check_nothing_written(model, model.calibrate({}), "PICTURE");
  std::filesystem::create_directory(model.file("folder"));
  check_nothing_written(model, model.calibrate({model.file("folder")}), "folder");
  check_nothing_written(model, model.calibrate({model.chequered("grey.png", {250, 250, 250}, {0, 0, 0})}),
                        {"'blocks.0.depthwise'", "everywhere in all pictures", "no range"});
}

TEST_CASE("calibrate refuses libraries that do not observe, wrong weights, and places it cannot write to") {
  const FakeModel plain;
  const ObservingModel model;
  const std::string good = model.halves("a.png", red, blue);
  check_refused(plain.effnet({"calibrate", plain.library(), good, "-o", plain.file("cal.json")}),
                "effnetc compile fake_network --observe");
  CHECK(plain.new_files().empty());
  check_nothing_written(model, model.calibrate({good, "--weights", model.file("none.weights")}),
                        "none.weights");
  check_refused(model.effnet({"calibrate", model.library(), good, "-o", model.file("no/folder/cal.json")}),
                "folder");
  check_nothing_written(model, model.calibrate({good, "--method", "entropy"}), "--method");
  check_nothing_written(model, model.calibrate({good, "--percentile", "10"}), "--percentile");
  check_nothing_written(model, model.calibrate({good, "--percentile", "99"}),
                        {"--percentile", "--method percentile", "mse"});
  check_nothing_written(model, model.calibrate({good, "--method", "minmax", "--percentile", "99"}),
                        {"--percentile", "--method percentile", "minmax"});
  check_nothing_written(model, model.calibrate({good, "--max-loss", "-1"}), "--max-loss");
}

TEST_CASE("calibrate says by how much a budget is missed that keeping blocks cannot meet") {
  const ObservingModel model;
  const std::string good = model.halves("a.png", {250, 3, 77}, {13, 200, 20});
  check_nothing_written(
      model, model.calibrate({good, "--max-loss", "0"}),
      {"the loss is ", "every block kept in floats", "--max-loss 0", "last block's output"});
}

TEST_CASE("calibrate lists no tensor as losing that is never rounded") {
  const ObservingModel model;
  const std::vector<std::string> arguments = {model.halves("a.png", {250, 3, 77}, {13, 200, 20}), "--method",
                                              "minmax"};
  const ProcessResult all = model.calibrate(arguments);
  REQUIRE(all.status == 0);
  CHECK_THAT(all.out, Contains("\nblocks.0.depthwise ") && !Contains("\nstem ") && !Contains("\nhead "));
  CHECK_THAT(all.out, !Contains("effnetc compile"));
}

TEST_CASE("calibrate refuses scores that are no numbers, which no tensor shows") {
  const ObservingModel model;
  const std::string good = model.halves("a.png", red, blue);
  model.damage(64);  // classifier.bias
  check_nothing_written(model, model.calibrate({good}), {"scores of fake", "NaN"});
  check_nothing_written(model, model.calibrate({good, "--max-loss", "1"}), {"scores of fake", "NaN"});
}

TEST_CASE("calibrate names a tensor that holds what is no number") {
  const ObservingModel model;
  const std::string good = model.halves("a.png", red, blue);
  model.damage(320);  // stem.bias, the first of the file's tensors
  check_nothing_written(model, model.calibrate({good}), {"a.png", "'stem'", "NaN"});
}

}  // namespace
}  // namespace effnet::test
