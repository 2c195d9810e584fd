#include "models/dialects/dialect.h"
#include "tests/catch.h"
#include "tests/models/dialects.h"

using namespace effnet;
using namespace effnet::test;
using Catch::Contains;

namespace {

using Triple = std::array<double, 3>;
const Triple imagenet_mean = {.485, .456, .406}, imagenet_std = {.229, .224, .225}, half = {.5, .5, .5};

Preprocessing of(const Dialect& dialect, const std::string& network, const std::string& sha256 = "") {
  return dialect.preprocessing(*find_network(network), {"", "", sha256});
}

// What an import of a small network's timm weights writes, with a config.json.
Imported with_card(const std::string& card, const ImportOptions& options = {},
                   Padding padding = Padding::same) {
  const NetworkConfig config = small_config(padding);
  return import_file(config, state_dict(build(config), Names::timm), options, card);
}

}  // namespace

TEST_CASE("TensorFlow's weights bring the preprocessing that they were trained with") {
  const double crops[] = {.875, .882, .89, .904, .922, .934, .942, .949};
  for (int size = 0; size < 8; ++size) {
    const Preprocessing p = of(lukemelas, "tf_efficientnet_b" + std::to_string(size));
    CHECK(p.mean == imagenet_mean);
    CHECK(p.std == imagenet_std);
    CHECK(p.crop == crops[size]);
    CHECK(p.interpolation == Interpolation::bicubic);
  }
  const double lite_crops[] = {.875, .882, .89, .904, .92};
  for (int size = 0; size < 5; ++size) {
    const Preprocessing p = of(timm, "tf_efficientnet_lite" + std::to_string(size));
    CHECK(p.mean == half);
    CHECK(p.std == half);
    CHECK(p.crop == lite_crops[size]);
    CHECK(p.interpolation == (size >= 3 ? Interpolation::bilinear : Interpolation::bicubic));
  }
}

TEST_CASE("torchvision's crops resize to its presets' sizes at the preset's resolution") {
  const int resized[] = {256, 256, 288, 320, 384, 456, 528, 600},
            cropped[] = {224, 240, 288, 300, 380, 456, 528, 600};
  for (int size = 0; size < 8; ++size) {
    const Preprocessing p = of(torchvision, "efficientnet_b" + std::to_string(size));
    CHECK(static_cast<int>(cropped[size] / p.crop) == resized[size]);
    CHECK(static_cast<int>(static_cast<float>(cropped[size]) / static_cast<float>(p.crop)) == resized[size]);
    CHECK(p.mean == imagenet_mean);
    CHECK(p.interpolation == Interpolation::bicubic);
  }
  const Preprocessing second = of(torchvision, "efficientnet_b1", "c27df63c" + std::string(56, '0'));
  CHECK(static_cast<int>(240 / second.crop) == 255);
  CHECK(second.interpolation == Interpolation::bilinear);
}

TEST_CASE("Networks beyond the published ones have preprocessing as well") {
  for (const std::string name : {"efficientnet_b8", "tf_efficientnet_b10", "tf_efficientnet_lite5"}) {
    NetworkConfig config;
    config.name = name;
    config.crop = .95;
    for (const Dialect* dialect : dialects()) CHECK(dialect->preprocessing(config, {}).crop == .95);
    CHECK(torchvision.batch_norm_epsilon(config) == config.batch_norm_epsilon);
  }
}

TEST_CASE("Preprocessing stands in the metadata, and options override it") {
  const NetworkConfig config = small_config(Padding::same, Family::lite);
  const FloatTensors state = state_dict(build(config), Names::timm);
  ImportOptions options;
  const auto check = [&](const std::map<std::string, std::string>& expected) {
    const Imported imported = test::import(config, state, options);
    REQUIRE(imported.failure.empty());
    for (const auto& [key, value] : expected) CHECK(imported.file.metadata.at(key) == value);
  };
  check({{"mean", "0.5,0.5,0.5"}, {"std", "0.5,0.5,0.5"}, {"crop", "0.875"}, {"interpolation", "bicubic"}});
  options.mean = imagenet_mean;
  options.std = imagenet_std;
  options.crop = 1.0;
  options.interpolation = Interpolation::bilinear;
  check({{"mean", "0.485,0.456,0.406"},
         {"std", "0.229,0.224,0.225"},
         {"crop", "1"},
         {"interpolation", "bilinear"}});
}

TEST_CASE("Numbers are written without an exponent, which the runtime does not read") {
  const NetworkConfig config = small_config(Padding::same);
  ImportOptions options;
  options.mean = {0.0001, -0.000001, 0};
  options.std = {100000, 1000000, 0.000001};
  const Imported imported = test::import(config, state_dict(build(config), Names::timm), options);
  REQUIRE(imported.failure.empty());
  CHECK(imported.file.metadata.at("mean") == "0.0001,-0.000001,0");
  CHECK(imported.file.metadata.at("std") == "100000,1000000,0.000001");
}

TEST_CASE("Preprocessing that makes no sense is refused") {
  const NetworkConfig config = small_config(Padding::same);
  const FloatTensors state = state_dict(build(config), Names::timm);
  const auto failure = [&](auto change) {
    ImportOptions options;
    change(options);
    return test::import(config, state, options).failure;
  };
  const double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK_THAT(failure([&](ImportOptions& o) { o.mean = {0, nan, 0}; }), Contains("mean"));
  CHECK_THAT(failure([&](ImportOptions& o) { o.std = {1, 0, 1}; }), Contains("standard deviation"));
  CHECK_THAT(failure([&](ImportOptions& o) { o.std = {1, nan, 1}; }), Contains("standard deviation"));
  for (const double far : {1e300, 2e6, 1e-7})
    CHECK_THAT(failure([&](ImportOptions& o) { o.std = {1, far, 1}; }), Contains("standard deviation"));
  CHECK_THAT(failure([&](ImportOptions& o) { o.mean = {1e300, 0, 0}; }), Contains("mean"));
  for (const double crop : {0.0, -1.0, 1.5, nan})
    CHECK_THAT(failure([&](ImportOptions& o) { o.crop = crop; }), Contains("crop"));
}

TEST_CASE("A config.json beside the weights is the truth") {
  const Imported imported =
      with_card(R"({"architecture": "tf_efficientnet_b0", "num_classes": 10, "pretrained_cfg": {
      "mean": [0.1, 0.2, 0.3], "std": [0.4, 0.5, 0.6], "crop_pct": 0.9, "interpolation": "bilinear", "tag": null}})");
  REQUIRE(imported.failure.empty());
  CHECK(imported.file.metadata.at("mean") == "0.1,0.2,0.3");
  CHECK(imported.file.metadata.at("std") == "0.4,0.5,0.6");
  CHECK(imported.file.metadata.at("crop") == "0.9");
  CHECK(imported.file.metadata.at("interpolation") == "bilinear");
}

TEST_CASE("Options come before config.json; labels of a card count when there is one a class") {
  ImportOptions options;
  options.crop = 0.8;
  const std::string labels = R"(["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"])";
  const Imported imported =
      with_card(R"({"pretrained_cfg": {"crop_pct": 0.9}, "label_names": )" + labels + "}", options);
  REQUIRE(imported.failure.empty());
  CHECK(imported.file.metadata.at("crop") == "0.8");
  CHECK(imported.file.metadata.at("labels") == "a\nb\nc\nd\ne\nf\ng\nh\ni\nj");
  CHECK(with_card(R"({"label_names": ["a"]})").file.metadata.count("labels") == 0);
}

TEST_CASE("The crop for testing counts at the size for testing") {
  const std::string card =
      R"({"pretrained_cfg": {"crop_pct": 0.875, "test_crop_pct": 0.95, "test_input_size": [3, SIZE, SIZE]}})";
  const auto crop = [&](const std::string& size) {
    std::string text = card;
    for (std::size_t at; (at = text.find("SIZE")) != std::string::npos;) text.replace(at, 4, size);
    return with_card(text).file.metadata.at("crop");
  };
  CHECK(crop("32") == "0.95");
  CHECK(crop("64") == "0.875");
}

TEST_CASE("A card of the other padding family, or a damaged one, is refused") {
  CHECK_THAT(with_card(R"({"architecture": "efficientnet_b0"})").failure,
             Contains("'efficientnet_b0'") && Contains("symmetrically"));
  CHECK_THAT(with_card(R"({"architecture": "tf_efficientnet_b0"})", {}, Padding::symmetric).failure,
             Contains("'tf_efficientnet_b0'") && Contains("TensorFlow"));
  CHECK_THAT(with_card(R"({"architecture": "efficientnet_lite0"})").failure,
             Contains("'efficientnet_lite0'") && Contains("\"padding\": \"symmetric\""));
  CHECK_THAT(with_card("{").failure, Contains("config.json") && Contains("no JSON object"));
  CHECK_THAT(with_card(R"({"pretrained_cfg": {"mean": [1, 2]}})").failure,
             Contains("\"mean\" must be three numbers"));
  CHECK_THAT(with_card(R"({"pretrained_cfg": {"std": [1, 2, 0]}})").failure, Contains("standard deviation"));
  CHECK_THAT(with_card(R"({"pretrained_cfg": {"crop_pct": "x"}})").failure, Contains("crop_pct"));
  CHECK_THAT(with_card(R"({"pretrained_cfg": {"interpolation": "lanczos"}})").failure,
             Contains("lanczos") && Contains("bicubic"));
}

TEST_CASE("Guessed preprocessing of timm's own weights is warned of, known one is not") {
  std::vector<std::string> warnings;
  ImportOptions options;
  options.warn = [&](const std::string& text) { warnings.push_back(text); };
  const NetworkConfig config = small_config(Padding::symmetric);
  const FloatTensors state = state_dict(build(config), Names::timm);
  REQUIRE(import_file(config, state, options).failure.empty());
  REQUIRE(warnings.size() == 1);
  CHECK_THAT(warnings[0], Contains("config.json") && Contains("--mean"));
  REQUIRE(import_file(config, state, options, "{}").failure.empty());
  options.mean = options.std = half;
  options.crop = 1;
  REQUIRE(import_file(config, state, options).failure.empty());
  CHECK(warnings.size() == 1);
}
