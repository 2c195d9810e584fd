#include "models/import.h"

#include <bit>
#include <cmath>
#include <utility>

#include "formats/safetensors_writer.h"
#include "models/packing.h"
#include "tests/catch.h"
#include "tests/models/dialects.h"
#include "tests/support/golden.h"
#include "tests/support/map_ranges.h"
#include "tests/support/packed.h"
#include "tests/support/seeded.h"
#include "tests/support/temporary.h"

using namespace effnet;
using namespace effnet::test;
using Catch::Contains;

namespace {

// A state dict whose values are stored as another element type; `bytes` owns them.
SourceTensors convert(const FloatTensors& floats, Dtype dtype,
                      std::map<std::string, std::vector<std::byte>>& bytes) {
  SourceTensors tensors = as_source(floats);
  for (auto& [name, tensor] : tensors) {
    std::vector<std::byte>& store = bytes[name];
    for (const float value : floats.at(name).values) {
      const auto append = [&](auto stored) {
        const auto raw = std::bit_cast<std::array<std::byte, sizeof stored>>(stored);
        store.insert(store.end(), raw.begin(), raw.end());
      };
      if (dtype == Dtype::f64) append(static_cast<double>(value));
      if (dtype == Dtype::bf16) append(static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(value) >> 16));
    }
    tensor.dtype = dtype;
    tensor.data = store;
  }
  return tensors;
}

struct SmallNetwork {
  NetworkConfig config;
  Network network;
  FloatTensors state;  // by timm's names
};

SmallNetwork small_network() {
  const NetworkConfig config = small_config(Padding::same);
  const Network network = build(config);
  return {config, network, state_dict(network, Names::timm)};
}

FloatFile import_int8(const NetworkConfig& config, const FloatTensors& state,
                      const Calibration& calibration) {
  const TemporaryFolder folder;
  REQUIRE(write_calibration(calibration, folder.file("c.json")));
  ImportOptions options;
  options.precision = Precision::int8;
  options.calibration = folder.file("c.json");
  Imported imported = test::import(config, state, options);
  REQUIRE(imported.failure.empty());
  return std::move(imported.file);
}

}  // namespace

TEST_CASE("Import folds BatchNorm as a plain computation in double does") {
  for (const Padding padding : {Padding::symmetric, Padding::same})
    for (const Family family : {Family::efficientnet, Family::lite}) {
      const NetworkConfig config = small_config(padding, family);
      const Network network = build(config);
      const FloatTensors state = state_dict(network, Names::timm);
      const Imported imported = test::import(config, state);
      REQUIRE(imported.failure.empty());
      const PlainWeights expected = fold(network, state), found = unpack(network, imported.file.tensors);
      REQUIRE(found.size() == expected.size());
      for (const auto& [name, values] : expected) {
        CAPTURE(name);
        REQUIRE(found.at(name).size() == values.size());
        std::size_t wrong = 0;
        for (std::size_t i = 0; i < values.size(); ++i)
          wrong += std::abs(found.at(name)[i] - values[i]) > 1e-7 * std::abs(values[i]);
        CHECK(wrong == 0);
      }
    }
}

TEST_CASE("A weights file has all packed tensors, on 64 bytes, and its metadata") {
  const NetworkConfig config = small_config(Padding::same);
  const Network network = build(config);
  const TemporaryFolder folder;
  const FloatTensors state = state_dict(network, Names::lukemelas);
  REQUIRE(import_tensors(config, as_source(state), {"memory", "torch zip", "abc"}, {}, folder.file("w")));
  const std::string bytes = test::read_file(folder.path() / "w");
  Safetensors file;
  char error[256];
  REQUIRE(file.parse(std::as_bytes(std::span(bytes)), {}, error));
  const std::vector<PackedTensor> expected = packed_tensors(network, Precision::fp32);
  REQUIRE(file.tensors().size() == expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const Tensor& tensor = file.tensors()[i];
    CHECK(tensor.name == expected[i].name);
    CHECK(std::vector<int>(tensor.shape, tensor.shape + tensor.rank) == expected[i].shape);
    CHECK(static_cast<std::size_t>(tensor.data - reinterpret_cast<const std::byte*>(bytes.data())) % 64 == 0);
    CHECK(tensor.bytes % 64 == 0);
  }
  CHECK(file.metadata_value("format") == "effnet-weights");
  CHECK(file.metadata_value("format_version") == "1");
  CHECK(file.metadata_value("network") == "small");
  CHECK(file.metadata_value("fingerprint") == fingerprint(network, Precision::fp32));
  CHECK(file.metadata_value("resolution") == "32");
  CHECK(file.metadata_value("precision") == "fp32");
  CHECK(file.metadata_value("source_sha256") == "abc");
  CHECK(file.metadata_value("source_format") == "torch zip, lukemelas");
  CHECK(file.metadata_value("labels").data() == nullptr);  // not of 10 classes
}

TEST_CASE("A weights file knows its element type and is as much smaller") {
  const auto [config, network, state] = small_network();
  const TemporaryFolder folder;
  const PlainWeights exact = unpack(network, test::import(config, state).file.tensors);
  Calibration calibration = test::made_up_calibration(network, 0, 4);  // with a zero point of 0: biases stay
  REQUIRE(write_calibration(calibration, folder.file("calibration.json")));
  for (const PrecisionTraits& type : precisions()) {
    INFO(type.name);
    ImportOptions options;
    options.precision = type.precision;
    if (type.precision == Precision::int8) options.calibration = folder.file("calibration.json");
    REQUIRE(import_tensors(config, as_source(state), {}, options, folder.file("w")));
    const test::FloatFile file = test::read_tensors(folder.path() / "w");
    CHECK(file.metadata.at("precision") == type.name);
    CHECK(file.metadata.at("fingerprint") == fingerprint(network, type.precision));
    std::int64_t bytes = 0;
    for (const PackedTensor& tensor : packed_tensors(network, type.precision)) bytes += tensor.bytes();
    const auto size = static_cast<std::int64_t>(std::filesystem::file_size(folder.path() / "w"));
    CHECK(size > bytes);
    CHECK(size < bytes + 30000);
    // Half a unit in the last of bf16's 8 bits, half of 127 steps.
    const double allowed = type.weights == Element::f32    ? 0
                           : type.weights == Element::bf16 ? 1 / 256.0
                                                           : 0.51 / 127;
    const PlainWeights stored = unpack(network, file.tensors);
    REQUIRE(stored.size() == exact.size());
    for (const auto& [name, values] : exact) {
      double largest = 0;
      for (const double value : values) largest = std::max(largest, std::abs(value));
      INFO(name);
      CHECK(largest_difference(stored.at(name), values) <= allowed * largest);
    }
  }
}

TEST_CASE("Weights that an element type changes too much are refused unless that is allowed") {
  const NetworkConfig config = small_config(Padding::same);
  const TemporaryFolder folder;
  FloatTensors state = state_dict(build(config), Names::timm);
  // One weight of each class far above the others: in 255 steps those vanish.
  FloatTensor& classifier = state.at("classifier.weight");
  const std::size_t features = static_cast<std::size_t>(classifier.shape[1]);
  for (std::size_t i = 0; i < classifier.values.size(); ++i)
    classifier.values[i] = i % features == 0 ? 30.0f : i % 2 == 0 ? 0.1f : -0.1f;
  ImportOptions options;
  options.precision = Precision::int8_weights;
  const auto import_it = [&] {
    return import_tensors(config, as_source(state), {"memory", "", ""}, options, folder.file("w"));
  };
  const Status refused = import_it();
  REQUIRE_FALSE(refused.ok());
  CHECK_THAT(refused.message(),
             Catch::Contains("memory: int8-weights changes weights by more than 0.03 of their size: "
                             "classifier 0."));
  CHECK_THAT(refused.message(), Catch::Contains("--max-weight-error allows it"));
  CHECK_FALSE(std::filesystem::exists(folder.path() / "w"));
  options.most_weight_error = 0.5;
  CHECK(import_it().ok());
  options = {};
  options.precision = Precision::bf16;
  CHECK(import_it().ok());
}

TEST_CASE("int8 has its calibration's steps in the file, and the zero points in the biases") {
  const auto [config, network, state] = small_network();
  const PlainWeights exact = unpack(network, test::import(config, state).file.tensors);
  Calibration calibration = test::made_up_calibration(network);
  calibration.tensors["blocks.0"].scale = 0.5f;
  calibration.tensors["blocks.0"].zero_point = 7;
  const FloatTensors tensors = import_int8(config, state, calibration).tensors;
  CHECK(tensors.at("blocks.0.project.affine").values[0] == 0.5f);
  CHECK(tensors.at("blocks.0.project.affine").values[1] == 7);
  const PlainWeights stored = unpack(network, tensors);
  const Values &weight = stored.at("blocks.1.expand.weight"), &bias = stored.at("blocks.1.expand.bias");
  const std::size_t inputs = weight.size() / bias.size();
  for (std::size_t c = 0; c < bias.size(); ++c) {
    double wanted = exact.at("blocks.1.expand.bias")[c];
    for (std::size_t i = 0; i < inputs; ++i) wanted -= weight[c * inputs + i] * 0.5 * 7;
    CHECK(bias[c] == Approx(wanted).margin(1e-4));
  }
  CHECK(stored.at("stem.bias") == exact.at("stem.bias"));
}

TEST_CASE("Blocks that a calibration keeps have float32 weights, and a fingerprint of their own") {
  const auto [config, network, state] = small_network();
  const FloatTensors exact = test::import(config, state).file.tensors;
  Calibration calibration = test::made_up_calibration(network);
  calibration.kept = {"blocks.1"};
  const FloatFile file = import_int8(config, state, calibration);
  for (const char* name : {"blocks.1.expand.weight", "blocks.1.expand.bias", "blocks.1.depthwise.weight",
                           "blocks.1.project.weight", "blocks.1.project.bias"})
    CHECK(file.tensors.at(name).values == exact.at(name).values);
  CHECK(file.tensors.count("blocks.1.depthwise.affine") == 0);
  CHECK(file.tensors.count("blocks.1.project.affine") == 1);
  CHECK(file.tensors.count("blocks.2.expand.scale") == 1);
  Network with_kept = network;
  keep_blocks(with_kept, calibration.kept);
  CHECK(file.metadata.at("fingerprint") == fingerprint(with_kept, Precision::int8));
  CHECK(fingerprint(with_kept, Precision::int8) != fingerprint(network, Precision::int8));
}

TEST_CASE("int8 and a calibration need each other") {
  const NetworkConfig config = small_config(Padding::same);
  const Network network = build(config);
  const TemporaryFolder folder;
  const FloatTensors state = state_dict(network, Names::timm);
  Calibration calibration = test::made_up_calibration(network);
  REQUIRE(write_calibration(calibration, folder.file("c.json")));
  ImportOptions options;
  const auto refused = [&](Precision precision, std::optional<std::string> path, const std::string& text) {
    options.precision = precision;
    options.calibration = std::move(path);
    const Status status = import_tensors(config, as_source(state), {}, options, folder.file("w"));
    REQUIRE_FALSE(status);
    CHECK_THAT(status.message(), Catch::Contains(text) && !Catch::Contains("\n"));
    CHECK_FALSE(std::filesystem::exists(folder.path() / "w"));
  };
  refused(Precision::int8, std::nullopt, "--precision int8 needs --calibration FILE");
  refused(Precision::bf16, folder.file("c.json"), "a calibration is for --precision int8, not for bf16");
  refused(Precision::fp32, folder.file("c.json"), "not for fp32");
  refused(Precision::int8, folder.file("none.json"), "none.json");
}

TEST_CASE("Equal inputs give equal bytes") {
  const NetworkConfig config = small_config(Padding::same);
  const FloatTensors state = state_dict(build(config), Names::timm);
  const TemporaryFolder folder;
  REQUIRE(import_tensors(config, as_source(state), {}, {}, folder.file("a")));
  REQUIRE(import_tensors(config, as_source(state), {}, {}, folder.file("b")));
  CHECK(test::read_file(folder.path() / "a") == test::read_file(folder.path() / "b"));
}

TEST_CASE("Tensors of f64 and bf16 are converted") {
  const NetworkConfig config = small_config(Padding::same);
  const FloatTensors state = state_dict(build(config), Names::timm);
  std::map<std::string, std::vector<std::byte>> doubles, halves;
  const Imported plain = test::import(config, state);
  const Imported wide = test::import(config, convert(state, Dtype::f64, doubles));
  const Imported narrow = test::import(config, convert(state, Dtype::bf16, halves));
  REQUIRE(plain.failure.empty());
  REQUIRE(wide.failure.empty());
  REQUIRE(narrow.failure.empty());
  double difference = 0;
  for (const auto& [name, tensor] : plain.file.tensors) {
    CHECK(wide.file.tensors.at(name).values == tensor.values);
    difference = std::max(difference, largest_difference(narrow.file.tensors.at(name).values, tensor.values));
  }
  CHECK(difference > 1e-4);
  CHECK(difference < 0.1);
}

TEST_CASE("Prefixes that wrappers put before every name are taken off") {
  const NetworkConfig config = small_config(Padding::same);
  const FloatTensors state = state_dict(build(config), Names::timm);
  for (const std::string prefix : {"module.", "model.", "_orig_mod.module."}) {
    FloatTensors wrapped;
    for (const auto& [name, tensor] : state) wrapped[prefix + name] = tensor;
    CHECK(test::import(config, wrapped).failure.empty());
  }
}

TEST_CASE("Counters of BatchNorm may stand in the file") {
  const NetworkConfig config = small_config(Padding::same);
  const FloatTensors state = state_dict(build(config), Names::timm);
  SourceTensors tensors = as_source(state);
  const std::int64_t count = 7;
  tensors["bn1.num_batches_tracked"] = {Dtype::i64, {}, {}, std::as_bytes(std::span(&count, 1))};
  CHECK(test::import(config, tensors).failure.empty());
}

TEST_CASE("The number of classes can be another one, with labels of its own") {
  NetworkConfig config = small_config(Padding::same);
  config.classes = 3;
  const FloatTensors state = state_dict(build(config), Names::timm);
  config.classes = 1000;
  CHECK_THAT(test::import(config, state).failure, Contains("3 classes") && Contains("--classes 3"));
  ImportOptions options;
  options.classes = 3;
  options.labels = {"cat", "dog", "G\xc3\xbcrteltier \"armadillo\""};
  const Imported imported = test::import(config, state, options);
  REQUIRE(imported.failure.empty());
  CHECK(imported.file.metadata.at("labels") == "cat\ndog\nG\xc3\xbcrteltier \"armadillo\"");
  CHECK(imported.file.tensors.at("classifier.weight").shape[0] == 1);

  options.labels = {"cat", "dog"};
  CHECK_THAT(test::import(config, state, options).failure, Contains("2 labels for 3 classes"));
  options.labels = {"cat", "dog", "two\nlines"};
  CHECK_THAT(test::import(config, state, options).failure, Contains("several lines"));
  options.labels = {"cat", "dog", "\xff\xfe"};
  CHECK_THAT(test::import(config, state, options).failure, Contains("UTF-8"));
}

TEST_CASE("A head with a background class is recognised") {
  NetworkConfig config = small_config(Padding::same);
  config.classes = 1001;
  const FloatTensors state = state_dict(build(config), Names::timm);
  config.classes = 1000;
  CHECK_THAT(test::import(config, state).failure, Contains("background class") && Contains("--classes 1001"));
  ImportOptions options;
  options.classes = 1001;
  const Imported imported = test::import(config, state, options);
  CHECK(imported.failure.empty());
  CHECK(imported.file.metadata.count("labels") == 0);
}

TEST_CASE("The 1000 labels come along") {
  REQUIRE(imagenet_labels().size() == 1000);
  CHECK(imagenet_labels()[0] == "tench");
  CHECK(imagenet_labels()[282] == "tiger cat");
  CHECK(imagenet_labels()[967] == "espresso");
  CHECK(imagenet_labels()[999] == "toilet tissue");
  NetworkConfig config = small_config(Padding::same);
  config.classes = 1000;
  const Imported imported = test::import(config, state_dict(build(config), Names::timm));
  REQUIRE(imported.failure.empty());
  CHECK(imported.file.metadata.at("labels").starts_with("tench\ngoldfish\n"));
}

TEST_CASE("A file's hash and format stand in the metadata") {
  const NetworkConfig config = small_config(Padding::same);
  const Imported imported = import_file(config, state_dict(build(config), Names::timm));
  REQUIRE(imported.failure.empty());
  CHECK(imported.file.metadata.at("source_format") == "safetensors, timm");
  CHECK(imported.file.metadata.at("source_sha256").size() == 64);
}

TEST_CASE("Labels are read one a line") {
  const TemporaryFolder folder;
  test::write_file(folder.path() / "labels", "cat\r\ntabby, grey\ndog");
  const Result<std::vector<std::string>> labels = read_labels(folder.file("labels"));
  REQUIRE(labels);
  CHECK(*labels == std::vector<std::string>{"cat", "tabby, grey", "dog"});
  test::write_file(folder.path() / "labels", "cat\n\ndog\n");
  CHECK_THAT(read_labels(folder.file("labels")).message(), Contains("line 2 is empty"));
  CHECK_THAT(read_labels(folder.file("none")).message(), Contains("No such file"));
}
