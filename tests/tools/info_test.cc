#include <algorithm>
#include <nlohmann/json.hpp>

#include "formats/safetensors_writer.h"
#include "tests/catch.h"
#include "tests/tools/fake_model.h"

namespace effnet::test {
namespace {

using Catch::Contains;

nlohmann::json info(const FakeModel& model, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"info", "--json"});
  const ProcessResult result = model.effnet(arguments);
  CHECK(result.error.empty());
  REQUIRE(result.status == 0);
  return nlohmann::json::parse(result.out);
}

std::string write_head(const FakeModel& model) {
  const std::string path = model.file("head.safetensors");
  auto head = SafetensorsWriter::create(
      path, {{"weight", Dtype::f32, {2, 3}}, {"bias", Dtype::f32, {2}}},
      {{"fingerprint", "0123456789abcdef"}, {"labels", "cold\nwarm"}, {"method", "imprinting"}});
  REQUIRE(head.ok());
  REQUIRE(head->write(std::vector<float>(6)).ok());
  REQUIRE(head->write(std::vector<float>(2)).ok());
  REQUIRE(head->commit().ok());
  return path;
}

TEST_CASE("info says what a library is, by path or name") {
  const FakeModel model;
  const auto json = info(model, {model.library()});
  CHECK(json["kind"] == "library");
  CHECK(json["network"] == "fake_network");
  CHECK(json["name"] == "fake");
  CHECK(json["fingerprint"] == "0123456789abcdef");
  CHECK(json["precision"] == "fp32");
  CHECK(json["weights_format_version"] == 1);
  CHECK(json["resolution"] == 8);
  CHECK(json["classes"] == 3);
  CHECK(json["features"] == 3);
  CHECK(json["last_map"] == nlohmann::json{2, 2});
  CHECK(json["weights_bytes"] == 4 * (16 + 3 * 16 + 16));
  CHECK(json["file_bytes"] == std::filesystem::file_size(model.library()));
  REQUIRE(json["targets"].size() == 2);
  CHECK(json["targets"][1]["target"] == "plain");
  CHECK(json["targets"][1]["steps"] == 3);
  CHECK(json["targets"][1]["arena_bytes"] == 320 + 64);
  CHECK(info(model, {"fake", "--lib-dir", model.file(".")})["network"] == "fake_network");
}

TEST_CASE("info says what weights are") {
  const FakeModel model;
  const auto json = info(model, {model.weights()});
  CHECK(json["kind"] == "weights");
  CHECK(json["network"] == "fake_network");
  CHECK(json["fingerprint"] == "0123456789abcdef");
  CHECK(json["precision"] == "fp32");
  CHECK(json["interpolation"] == "bilinear");
  CHECK(json["tensors"] == 3);
  CHECK(json["classes"] == 3);
  CHECK(json["labels"] == nlohmann::json{"red", "green", "blue"});
  CHECK(json["file_bytes"] == std::filesystem::file_size(model.weights()));
}

TEST_CASE("info says what a head is") {
  const FakeModel model;
  const auto json = info(model, {write_head(model)});
  CHECK(json["kind"] == "head");
  CHECK(json["classes"] == 2);
  CHECK(json["features"] == 3);
  CHECK(json["fingerprint"] == "0123456789abcdef");
  CHECK(json["labels"] == nlohmann::json{"cold", "warm"});
  CHECK(json["method"] == "imprinting");
}

TEST_CASE("info prints a line for everything") {
  const FakeModel model;
  const ProcessResult library = model.effnet({"info", model.library()});
  CHECK(library.status == 0);
  for (const char* line :
       {"kind                   library\n", "network                fake_network\n",
        "target                 plain: 3 steps, arena 0.00 MB", "weights                0.00 MB\n"})
    CHECK_THAT(library.out, Contains(line));
  const ProcessResult weights = model.effnet({"info", model.weights()});
  CHECK_THAT(weights.out, Contains("labels                 red, green, blue\n"));
}

TEST_CASE("info refuses what is neither library nor weights nor head") {
  const FakeModel model;
  auto other = SafetensorsWriter::create(model.file("other.safetensors"), {{"x", Dtype::f32, {1}}}, {});
  REQUIRE(other->write(std::vector<float>(1)).ok());
  REQUIRE(other->commit().ok());
  std::filesystem::copy_file(model.library(), model.file("librenamed.so"));
  const std::vector<std::pair<std::string, std::string>> cases = {
      {model.text("text", "this is a text"), "no compiled library, and no weights or head"},
      {model.text("empty", ""), "empty"},
      {model.file("other.safetensors"), "effnetc import"},
      {model.file("librenamed.so"), "renamed_program"},
      {model.text("libelf.so",
                  "\x7f"
                  "ELF and no more"),
       "cannot load"},
      {model.file("."), "folder"},
      {model.file("none.weights"), "none.weights: no such file"},
      {"none.weights", "effnet info: none.weights: no such file"},
      {"efficientnet_b9", "effnetc compile efficientnet_b9"}};
  for (const auto& [file, text] : cases) {
    INFO(file);
    const ProcessResult result = model.effnet({"info", file});
    CHECK(result.status == 1);
    check_refused(result, text);
  }
}

TEST_CASE("info prints no control characters of a file") {
  const FakeModel model;
  auto evil =
      SafetensorsWriter::create(model.file("evil.weights"), {{"x", Dtype::f32, {1}}},
                                {{"format", "effnet-weights"}, {"network", "a\x1b[31m"}, {"labels", "b\rc"}});
  REQUIRE(evil->write(std::vector<float>(1)).ok());
  REQUIRE(evil->commit().ok());
  const ProcessResult result = model.effnet({"info", model.file("evil.weights")});
  CHECK(result.status == 0);
  CHECK_THAT(result.out, !Contains("\x1b") && !Contains("\r") && Contains("a?[31m"));
}

}  // namespace
}  // namespace effnet::test
