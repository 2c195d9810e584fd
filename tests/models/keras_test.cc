// Keras' weights become the same files as timm's of the same numbers.
#include "models/keras.h"

#include <filesystem>

#include "models/dialects/dialect.h"
#include "tests/catch.h"
#include "tests/models/dialects.h"
#include "tests/support/keras_file.h"
#include "tests/support/temporary.h"

using namespace effnet;
using namespace effnet::test;
using Catch::Contains;

namespace {

struct Attempt {
  Status status;
  FloatFile file;
};

Attempt import_keras(const NetworkConfig& config, const FloatTensors& state, KerasLayout layout,
                     const KerasNormalisation& normalisation = {}, const ImportOptions& options = {}) {
  const TemporaryFolder folder;
  write_keras_file(folder.file("model.h5"), build(config), state, layout, normalisation);
  Status status = import_weights(config, folder.file("model.h5"), options, folder.file("out.weights"));
  if (!status) return {status, {}};
  return {status, read_tensors(folder.path() / "out.weights")};
}

std::map<std::string, std::vector<float>> numbers(const FloatFile& file) {
  std::map<std::string, std::vector<float>> values;
  for (const auto& [name, tensor] : file.tensors) values[name] = tensor.values;
  return values;
}

constexpr KerasLayout layouts[] = {KerasLayout::keras2, KerasLayout::keras2_whole, KerasLayout::keras3,
                                   KerasLayout::keras3_counted, KerasLayout::keras2_counted};

}  // namespace

TEST_CASE("every layout of Keras' files gives the tensors of timm's") {
  for (const Family family : {Family::efficientnet, Family::lite}) {
    const NetworkConfig config = small_config(Padding::same, family);
    const FloatTensors state = state_dict(build(config), Names::timm);
    const auto expected = numbers(test::import(config, state).file);
    for (const KerasLayout layout : layouts) {
      INFO(static_cast<int>(layout));
      const Attempt attempt = import_keras(config, state, layout);
      REQUIRE(attempt.status);
      CHECK(numbers(attempt.file) == expected);
      CHECK(attempt.file.metadata.at("source_format") == "HDF5, keras");
    }
  }
}

TEST_CASE("the layout of B0 is keras.applications'") {
  const NetworkConfig config = *find_network("tf_efficientnet_b0");
  const FloatTensors state = state_dict(build(config), Names::timm);
  const TemporaryFolder folder;
  write_keras_file(folder.file("a.h5"), build(config), state, KerasLayout::keras2);
  const Result<TensorFile> file = read_tensor_file(folder.file("a.h5"));
  REQUIRE(file);
  const auto shape = [&](const std::string& name) { return file->tensors.at(name).shape; };
  using Shape = std::vector<std::int64_t>;
  CHECK(shape("stem_conv/stem_conv/kernel:0") == Shape{3, 3, 3, 32});
  CHECK(shape("block1a_dwconv/block1a_dwconv/depthwise_kernel:0") == Shape{3, 3, 32, 1});
  CHECK(shape("block2a_se_reduce/block2a_se_reduce/kernel:0") == Shape{1, 1, 96, 4});
  CHECK(shape("block6d_project_bn/block6d_project_bn/moving_variance:0") == Shape{192});
  CHECK(shape("predictions/predictions/kernel:0") == Shape{1280, 1000});
}

TEST_CASE("Keras' normalisation becomes the preprocessing") {
  const NetworkConfig config = small_config(Padding::same);
  const FloatTensors state = state_dict(build(config), Names::timm);
  const auto metadata = [&](const KerasNormalisation& normalisation, const ImportOptions& options = {}) {
    const Attempt attempt = import_keras(config, state, KerasLayout::keras3, normalisation, options);
    REQUIRE(attempt.status);
    return std::pair(attempt.file.metadata.at("mean"), attempt.file.metadata.at("std"));
  };
  CHECK(metadata({}) == std::pair<std::string, std::string>("0,0,0", "1,1,1"));
  const auto [mean, std] = metadata({{.5f, .25f, .5f}, {.25f, .0625f, .25f}});
  CHECK(mean == "0.5,0.25,0.5");
  CHECK(std == "0.5,0.25,0.5");
  // The published weights' variances are deviations.
  CHECK(metadata({{.485f, .456f, .406f}, {.229f, .224f, .225f}}).second == "0.229,0.224,0.225");
  ImportOptions options;
  options.mean = {.1, .2, .3};
  CHECK(metadata({}, options).first == "0.1,0.2,0.3");
}

TEST_CASE("Keras' weights are refused for symmetric padding, with what to take instead") {
  CHECK_THAT(keras.objection(*find_network("efficientnet_b3")),
             Contains("import them as tf_efficientnet_b3"));
  CHECK(keras.objection(*find_network("tf_efficientnet_b3")).empty());
  const NetworkConfig config = small_config(Padding::symmetric);
  const FloatTensors state = state_dict(build(config), Names::timm);
  for (const KerasLayout layout : layouts)
    CHECK_THAT(import_keras(config, state, layout).status.message(),
               Contains("TensorFlow's padding") && Contains("\"same\""));
}

TEST_CASE("Keras' weights of another network are refused by name") {
  const NetworkConfig config = small_config(Padding::same);
  const Network network = build(config);
  FloatTensors state = state_dict(network, Names::timm);
  for (const KerasLayout layout : {KerasLayout::keras2, KerasLayout::keras3}) {
    NetworkConfig wider = config;
    wider.width = 0.5;
    const TemporaryFolder folder;
    write_keras_file(folder.file("m.h5"), network, state, layout);
    const Status status = import_weights(wider, folder.file("m.h5"), {}, folder.file("out"));
    REQUIRE_FALSE(status);
    CHECK_THAT(status.message(),
               Contains("keras's names") && Contains("block7a_dwconv.weight is [336, 1, 3, 3] instead of"));
    wider.width = config.width;
    wider.depth = 2;
    const Status missing = import_weights(wider, folder.file("m.h5"), {}, folder.file("out"));
    REQUIRE_FALSE(missing);
    CHECK_THAT(missing.message(), Contains("missing: 'block1b_dwconv.weight'"));
    CHECK_FALSE(std::filesystem::exists(folder.file("out")));
  }
}

TEST_CASE("Keras' kernels of impossible shapes are refused") {
  const NetworkConfig config = small_config(Padding::same);
  SourceTensors tensors;
  constexpr std::int64_t huge = std::int64_t{1} << 40;
  tensors["stem_conv/stem_conv/kernel:0"] = {Dtype::f32, {0, huge, huge, huge}, {}, {}};
  tensors["predictions/predictions/kernel:0"] = {Dtype::f32, {3}, {}, {}};
  tensors["lonely"] = {Dtype::f32, {1}, {}, {}};
  const Imported imported = test::import(config, tensors);
  CHECK_THAT(imported.failure, Contains("stem_conv.weight is [0,") && Contains("predictions.weight is [3]") &&
                                   Contains("'lonely'"));
}

TEST_CASE("two variables for one tensor are refused") {
  SourceTensors tensors;
  tensors["a/stem_conv/kernel:0"] = {Dtype::f32, {1, 1, 1, 1}, {}, {}};
  tensors["b/stem_conv/kernel:0"] = {Dtype::f32, {1, 1, 1, 1}, {}, {}};
  tensors["optimizer_weights/stem_conv/kernel:0"] = {Dtype::f32, {1}, {}, {}};
  const Network network = build(small_config(Padding::same));
  const Result<KerasWeights> twice = read_keras(network, tensors, "file.h5");
  REQUIRE_FALSE(twice);
  CHECK_THAT(twice.message(), Contains("file.h5: ") && Contains("two variables for 'stem_conv.weight'"));
  tensors.erase("b/stem_conv/kernel:0");
  const Result<KerasWeights> once = read_keras(network, tensors, "file.h5");
  REQUIRE(once);
  CHECK(once->tensors.size() == 1);  // the optimizer's are left out
}
