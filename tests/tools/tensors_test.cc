// effnet features and effnet run: files of tensors.
#include <nlohmann/json.hpp>

#include "formats/safetensors_writer.h"
#include "tests/catch.h"
#include "tests/support/tensors.h"
#include "tests/tools/fake_model.h"

namespace effnet::test {
namespace {

using Catch::Contains;

std::string write_input(const FakeModel& model, const std::vector<std::int64_t>& shape,
                        const std::vector<float>& values, const std::string& name = "input") {
  const std::string path = model.file("in.safetensors");
  auto file = SafetensorsWriter::create(path, {{name, Dtype::f32, shape}}, {});
  REQUIRE(file.ok());
  REQUIRE(file->write(values).ok());
  REQUIRE(file->commit().ok());
  return path;
}

ProcessResult run(const FakeModel& model, const std::string& input, const std::string& output) {
  return model.effnet({"run", model.library(), "--input", input, "--output", output});
}

// Plane c of image n has the value 10 n + c + 1 in its upper left quarter, and nothing elsewhere.
std::vector<float> upper_left(int images) {
  std::vector<float> values;
  for (int n = 0; n < images; n++)
    for (int c = 0; c < 3; c++)
      for (int y = 0; y < 8; y++)
        for (int x = 0; x < 8; x++) values.push_back(y < 4 && x < 4 ? static_cast<float>(10 * n + c + 1) : 0);
  return values;
}

TEST_CASE("features writes one row a picture and their names") {
  const FakeModel model;
  const std::string red = model.picture("red.png", {255, 0, 0}),
                    grey = model.picture("grey.png", {51, 51, 51});
  const std::string output = model.file("f.safetensors");
  const ProcessResult result = model.effnet({"features", model.library(), "-o", output, red, grey});
  CHECK(result.error.empty());
  REQUIRE(result.status == 0);
  const FloatFile file = read_tensors(output);
  REQUIRE(file.tensors.size() == 1);
  const FloatTensor& features = find(file.tensors, "features");
  CHECK(features.shape == std::vector<std::int64_t>{2, 3});
  const std::vector<float> expected = {1, 0, 0, 0.2F, 0.2F, 0.2F};
  for (std::size_t i = 0; i < 6; i++) CHECK(features.values.at(i) == Approx(expected[i]).margin(1e-6));
  CHECK(nlohmann::json::parse(file.metadata.at("files")) == nlohmann::json({red, grey}));
  CHECK(file.metadata.at("network") == "fake_network");
}

TEST_CASE("features of a set with bad pictures names each and writes nothing") {
  const FakeModel model;
  const std::string red = model.picture("red.png", {255, 0, 0});
  const ProcessResult result = model.effnet(
      {"features", model.library(), "-o", model.file("f"), model.file("a.png"), red, model.file("b.png")});
  CHECK(result.status == 1);
  CHECK_THAT(result.error, Contains("a.png: cannot be read"));
  CHECK_THAT(result.error, Contains("b.png: cannot be read"));
  CHECK(model.new_files() == std::vector<std::string>{"red.png"});
}

TEST_CASE("run turns channels first into logits, features and the last map") {
  const FakeModel model;
  const std::string output = model.file("out.safetensors");
  const ProcessResult result = run(model, write_input(model, {2, 3, 8, 8}, upper_left(2)), output);
  CHECK(result.error.empty());
  REQUIRE(result.status == 0);
  const FloatTensors tensors = read_tensors(output).tensors;
  REQUIRE(tensors.size() == 3);
  const FloatTensor &logits = find(tensors, "logits"), &features = find(tensors, "features"),
                    &last_map = find(tensors, "last_map");
  CHECK(logits.shape == std::vector<std::int64_t>{2, 3});
  CHECK(features.shape == std::vector<std::int64_t>{2, 3});
  REQUIRE(last_map.shape == std::vector<std::int64_t>{2, 3, 2, 2});
  for (std::size_t n = 0; n < 2; n++) {
    for (std::size_t c = 0; c < 3; c++) {
      const auto value = static_cast<double>(10 * n + c + 1);
      const std::vector<float> map(&last_map.values[(n * 3 + c) * 4], &last_map.values[(n * 3 + c) * 4] + 4);
      CHECK(map == std::vector<float>{static_cast<float>(value), 0, 0, 0});
      CHECK(features.values[n * 3 + c] == Approx(value / 4));
      CHECK(logits.values[n * 3 + c] == Approx(value));
    }
  }
}

TEST_CASE("run takes a single image without a batch dimension") {
  const FakeModel model;
  const std::string output = model.file("out.safetensors");
  REQUIRE(run(model, write_input(model, {3, 8, 8}, upper_left(1)), output).status == 0);
  CHECK(find(read_tensors(output).tensors, "logits").shape == std::vector<std::int64_t>{1, 3});
}

TEST_CASE("run refuses inputs that do not fit, and writes nothing") {
  const FakeModel model;
  const auto refused = [&](const std::string& input, const std::string& text) {
    const ProcessResult result = run(model, input, model.file("out"));
    CHECK(result.status == 1);
    CHECK(result.error.find('\n') == result.error.size() - 1);
    CHECK_THAT(result.error, Contains(text));
  };
  refused(write_input(model, {3, 8, 9}, std::vector<float>(216)),
          "tensor 'input' is F32 [3, 8, 9], expected F32 [3, 8, 8] or [N, 3, 8, 8]");
  refused(write_input(model, {8, 8, 3}, std::vector<float>(192)), "[8, 8, 3]");
  refused(write_input(model, {0, 3, 8, 8}, {}), "[0, 3, 8, 8]");
  refused(write_input(model, {192}, std::vector<float>(192)), "[192]");
  refused(write_input(model, {3, 8, 8}, upper_left(1), "x"), "no tensor 'input', only 'x'");
  refused(model.text("in.safetensors", "no tensors at all"), "in.safetensors: ");
  refused(model.text("in.safetensors", ""), "empty");
  refused(model.file("none"), "No such file");
  CHECK(model.new_files() == std::vector<std::string>{"in.safetensors"});
}

TEST_CASE("outputs appear whole or not at all") {
  const FakeModel model;
  const std::string input = write_input(model, {40, 3, 8, 8}, upper_left(40));
  const auto files = model.new_files();
  CHECK_THAT(run(model, input, "/dev/full").error, Contains("/dev/full"));
  CHECK_THAT(run(model, input, model.file("no/such/folder/out")).error,
             Contains("No such file or directory"));
  CHECK_THAT(run(model, input, model.file(".")).error, Contains("folder"));
  CHECK_THAT(run(model, input, "/proc/out").error, Contains("/proc/out"));

  // A file size limit stands for a full disk: the write fails in the middle.
  const std::string output = model.file("out");
  const ProcessResult full =
      run_program({"sh", "-c", "trap '' XFSZ; ulimit -f 1; exec \"$@\"", "sh", EFFNET_PROGRAM, "run",
                   model.library(), "--input", input, "--output", output});
  CHECK(full.status == 1);
  CHECK_THAT(full.error, Contains("cannot write"));
  CHECK(model.new_files() == files);

  // An older file stays as it was.
  model.text("out", "older");
  CHECK(run_program({"sh", "-c", "trap '' XFSZ; ulimit -f 1; exec \"$@\"", "sh", EFFNET_PROGRAM, "run",
                     model.library(), "--input", input, "--output", output})
            .status == 1);
  CHECK(read_file(output) == "older");
}

}  // namespace
}  // namespace effnet::test
