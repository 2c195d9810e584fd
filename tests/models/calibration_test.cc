#include "models/calibration.h"

#include <cmath>
#include <functional>
#include <nlohmann/json.hpp>

#include "models/packing.h"
#include "tests/catch.h"
#include "tests/support/temporary.h"

using namespace effnet;
using Catch::Contains;

namespace {

using Json = nlohmann::json;

Network network_of(const std::string& name) { return *build_network(*find_network(name)); }

Calibration calibration_of(const Network& network) {
  Calibration c{network.name, fingerprint(network, Precision::fp32), 12, "mse", {}, {}};
  int number = 0;
  for (const std::string& name : calibrated_tensors(network)) {
    ++number;
    c.tensors[name] = {-0.25, 0.1 * number, 0.01f * static_cast<float>(number), number % 256, 0.001, {}};
  }
  for (int i = 0; i < network.stem.out.channels; ++i)
    c.tensors["stem"].means.push_back(i % 2 ? 0.0625 : -0.125);
  c.kept = {"blocks.1"};
  return c;
}

// What is wrong with a good file after a change.
std::string failure(const Network& network, const std::function<void(Json&)>& change) {
  const test::TemporaryFolder folder;
  REQUIRE(write_calibration(calibration_of(network), folder.file("good.json")));
  Json file = Json::parse(test::read_file(folder.file("good.json")));
  change(file);
  test::write_file(folder.file("bad.json"), file.dump());
  const Result<Calibration> read = read_calibration(folder.file("bad.json"), network);
  REQUIRE_FALSE(read);
  CHECK_THAT(read.message(), Contains("bad.json: ") && !Contains("\n"));
  return read.message();
}

}  // namespace

TEST_CASE("A written calibration reads back as the same numbers") {
  for (const char* name : {"efficientnet_b0", "tf_efficientnet_lite0"}) {
    const Network network = network_of(name);
    const Calibration written = calibration_of(network);
    const test::TemporaryFolder folder;
    REQUIRE(write_calibration(written, folder.file("c.json")));
    const Result<Calibration> read = read_calibration(folder.file("c.json"), network);
    REQUIRE(read);
    CHECK(read->network == written.network);
    CHECK(read->pictures == 12);
    CHECK(read->method == "mse");
    CHECK(read->kept == written.kept);
    REQUIRE(read->tensors.size() == written.tensors.size());
    for (const auto& [tensor, numbers] : written.tensors) {
      const CalibratedTensor& other = read->tensors.at(tensor);
      CHECK(other.minimum == numbers.minimum);
      CHECK(other.maximum == numbers.maximum);
      CHECK(other.scale == numbers.scale);
      CHECK(other.zero_point == numbers.zero_point);
      CHECK(other.loss == numbers.loss);
      CHECK(other.means == numbers.means);
    }
  }
}

TEST_CASE("Only networks with squeeze-excite have gated maps, only blocks with an expansion expanded ones") {
  const auto names = calibrated_tensors(network_of("efficientnet_b0"));
  CHECK(names.size() == 1 + 16 * 4 - 1 + 1);
  CHECK(std::vector(names.begin(), names.begin() + 5) ==
        std::vector<std::string>{"stem", "blocks.0.depthwise", "blocks.0.gated", "blocks.0",
                                 "blocks.1.expand"});
  CHECK(calibrated_tensors(network_of("tf_efficientnet_lite0")).size() == 1 + 16 * 3 - 1 + 1);
}

TEST_CASE("What reads a tensor is the block behind it, or the head; some tensors nothing ever stores") {
  const auto stored = stored_tensors(calibrated_tensors(network_of("efficientnet_b0")));
  CHECK(stored.size() == 16 * 3);
  CHECK(stored.at("blocks.0.depthwise") == "blocks.0");
  CHECK(stored.at("blocks.0.gated") == "blocks.0");
  CHECK(stored.at("blocks.0") == "blocks.1");
  CHECK(stored.at("blocks.9") == "blocks.10");
  CHECK(stored.at("blocks.15") == "head");
  for (const char* never : {"stem", "blocks.1.expand", "head"}) CHECK_FALSE(stored.contains(never));
  CHECK(stored_tensors({"stem", "blocks.0.expand", "blocks.0.depthwise", "blocks.0", "head"}) ==
        std::map<std::string, std::string>{
            {"stem", "blocks.0"}, {"blocks.0.depthwise", "blocks.0"}, {"blocks.0", "head"}});
}

TEST_CASE("The method's name is for people") {
  const test::TemporaryFolder folder;
  const Network network = network_of("efficientnet_b0");
  Calibration calibration = calibration_of(network);
  calibration.method = "luck";
  REQUIRE(write_calibration(calibration, folder.file("c.json")));
  CHECK(read_calibration(folder.file("c.json"), network)->method == "luck");
}

TEST_CASE("Damaged calibrations are refused in one line that says what is wrong") {
  const Network n = network_of("efficientnet_b0");
  const auto with_stem = [&](const char* key, const Json& value) {
    return failure(n, [&](Json& file) { file["tensors"]["stem"][key] = value; });
  };
  CHECK_THAT(with_stem("scale", 0), Contains("tensor 'stem'") && Contains("scale of 0"));
  CHECK_THAT(with_stem("scale", -0.1), Contains("scale of -0.1"));
  CHECK_THAT(with_stem("scale", 1e30), Contains("scale of 1e+30"));
  CHECK_THAT(with_stem("scale", 1e300), Contains("scale of inf"));
  CHECK_THAT(with_stem("scale", NAN), Contains("'scale' must be a number"));  // JSON has no NaN: null
  CHECK_THAT(with_stem("zero_point", 256), Contains("'zero_point' must be a whole number in 0..255"));
  CHECK_THAT(with_stem("zero_point", 3.5), Contains("whole number"));
  CHECK_THAT(with_stem("zero_point", -1), Contains("whole number"));
  CHECK_THAT(with_stem("minimum", 7), Contains("range of [7, 0.1]"));
  CHECK_THAT(with_stem("loss", -1), Contains("loss of -1"));
  CHECK_THAT(with_stem("means", {1, "x"}), Contains("list of numbers"));
  CHECK_THAT(with_stem("means", {0.05, 0.06}), Contains("2 means for 32 channels"));
  CHECK_THAT(with_stem("means", std::vector<double>(32, 1e300)),
             Contains("a mean of 1e+300 is not in the range"));
  CHECK_THAT(failure(n, [](Json& f) { f["tensors"].erase("head"); }), Contains("'head' is missing"));
  CHECK_THAT(failure(n, [](Json& f) { f["tensors"]["neck"] = f["tensors"]["head"]; }),
             Contains("has no tensor 'neck'"));
  CHECK_THAT(failure(n, [](Json& f) { f["tensors"]["stem"] = 3; }), Contains("must be an object"));
  CHECK_THAT(failure(n, [](Json& f) { f["format"] = "effnet calibration 2"; }), Contains("calibration 1"));
  CHECK_THAT(failure(n, [](Json& f) { f.erase("method"); }), Contains("'method' is missing"));
  CHECK_THAT(failure(n, [](Json& f) { f["pictures"] = 0; }), Contains("at least one picture"));
  CHECK_THAT(failure(n, [](Json& f) { f["kept"] = {"blocks.16"}; }), Contains("no block 'blocks.16'"));
  CHECK_THAT(failure(n, [](Json& f) { f["kept"] = {3}; }), Contains("list of names"));
  CHECK_THAT(failure(n, [](Json& f) { f = Json::array(); }), Contains("a JSON object is needed"));
}

TEST_CASE("A calibration of another network is refused by name, of another shape by fingerprint") {
  const Network b0 = network_of("efficientnet_b0");
  CHECK_THAT(failure(b0, [](Json& f) { f["network"] = "efficientnet_b1"; }),
             Contains("of 'efficientnet_b1', not of efficientnet_b0"));
  CHECK_THAT(failure(b0, [](Json& f) { f["fingerprint"] = "0123456789abcdef"; }),
             Contains("another efficientnet_b0"));
}

TEST_CASE("What is no JSON, or not there, is refused in one line") {
  const Network network = network_of("efficientnet_b0");
  const test::TemporaryFolder folder;
  for (const char* text : {"", "{", R"({"scale": NaN})", "{\"a\": 1e999}", "[1,\n2"}) {
    test::write_file(folder.file("c.json"), text);
    const Result<Calibration> read = read_calibration(folder.file("c.json"), network);
    REQUIRE_FALSE(read);
    CHECK_THAT(read.message(), Contains("no valid JSON") && !Contains("\n"));
  }
  CHECK_FALSE(read_calibration(folder.file("absent.json"), network));
}

TEST_CASE("Damage is not written") {
  const Network network = network_of("efficientnet_b0");
  const test::TemporaryFolder folder;
  Calibration calibration = calibration_of(network);
  calibration.tensors["head"].scale = 0;
  const Status status = write_calibration(calibration, folder.file("c.json"));
  REQUIRE_FALSE(status);
  CHECK_THAT(status.message(), Contains("'head': a scale of 0"));
  CHECK_FALSE(std::filesystem::exists(folder.file("c.json")));
}
