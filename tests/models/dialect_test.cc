#include "models/dialects/dialect.h"

#include "tests/catch.h"
#include "tests/models/dialects.h"

using namespace effnet;
using namespace effnet::test;
using Catch::Contains;

namespace {

const NetworkConfig& variant(const std::string& name) {
  for (const NetworkConfig& config : variants())
    if (config.name == name) return config;
  FAIL("no variant " << name);
  return variants()[0];
}

bool has(const std::vector<ExpectedTensor>& tensors, const std::string& name,
         const std::vector<std::int64_t>& shape) {
  for (const ExpectedTensor& tensor : tensors)
    if (tensor.name == name) return tensor.shape == shape;
  return false;
}

// 4 tensors of BatchNorm and 1 weight a convolution, 4 of a squeeze-excite, 2 of the classifier.
std::size_t tensor_count(const Network& network) {
  std::size_t count = 0;
  for_each_layer(network, [&](const Layer& layer) {
    count += layer.kind == LayerKind::dense ? 2 : layer.kind == LayerKind::squeeze_excite ? 4 : 5;
  });
  return count;
}

}  // namespace

TEST_CASE("timm's names of B0") {
  const Network network = build(variant("efficientnet_b0"));
  const std::vector<ExpectedTensor> tensors = expected_tensors(network, timm);
  CHECK(tensors.size() == tensor_count(network));
  CHECK(has(tensors, "conv_stem.weight", {32, 3, 3, 3}));
  CHECK(has(tensors, "bn1.running_var", {32}));
  CHECK(has(tensors, "blocks.0.0.conv_dw.weight", {32, 1, 3, 3}));
  CHECK(has(tensors, "blocks.0.0.bn1.weight", {32}));
  CHECK(has(tensors, "blocks.0.0.se.conv_reduce.weight", {8, 32, 1, 1}));
  CHECK(has(tensors, "blocks.0.0.conv_pw.weight", {16, 32, 1, 1}));
  CHECK(has(tensors, "blocks.0.0.bn2.bias", {16}));
  CHECK(has(tensors, "blocks.5.3.conv_pw.weight", {1152, 192, 1, 1}));
  CHECK(has(tensors, "blocks.5.3.conv_dw.weight", {1152, 1, 5, 5}));
  CHECK(has(tensors, "blocks.5.3.se.conv_expand.bias", {1152}));
  CHECK(has(tensors, "blocks.5.3.conv_pwl.weight", {192, 1152, 1, 1}));
  CHECK(has(tensors, "blocks.5.3.bn3.running_mean", {192}));
  CHECK(has(tensors, "conv_head.weight", {1280, 320, 1, 1}));
  CHECK(has(tensors, "bn2.weight", {1280}));
  CHECK(has(tensors, "classifier.weight", {1000, 1280}));
}

TEST_CASE("torchvision's names of B0") {
  const Network network = build(variant("efficientnet_b0"));
  const std::vector<ExpectedTensor> tensors = expected_tensors(network, torchvision);
  CHECK(tensors.size() == tensor_count(network));
  CHECK(has(tensors, "features.0.0.weight", {32, 3, 3, 3}));
  CHECK(has(tensors, "features.1.0.block.0.0.weight", {32, 1, 3, 3}));
  CHECK(has(tensors, "features.1.0.block.1.fc1.bias", {8}));
  CHECK(has(tensors, "features.1.0.block.2.1.running_var", {16}));
  CHECK(has(tensors, "features.6.3.block.0.0.weight", {1152, 192, 1, 1}));
  CHECK(has(tensors, "features.6.3.block.1.0.weight", {1152, 1, 5, 5}));
  CHECK(has(tensors, "features.6.3.block.2.fc2.weight", {1152, 48, 1, 1}));
  CHECK(has(tensors, "features.6.3.block.3.0.weight", {192, 1152, 1, 1}));
  CHECK(has(tensors, "features.8.1.bias", {1280}));
  CHECK(has(tensors, "classifier.1.bias", {1000}));
}

TEST_CASE("lukemelas' names of B0 and Lite0") {
  const Network network = build(variant("tf_efficientnet_b0"));
  const std::vector<ExpectedTensor> tensors = expected_tensors(network, lukemelas);
  CHECK(tensors.size() == tensor_count(network));
  CHECK(has(tensors, "_conv_stem.weight", {32, 3, 3, 3}));
  CHECK(has(tensors, "_blocks.0._depthwise_conv.weight", {32, 1, 3, 3}));
  CHECK(has(tensors, "_blocks.0._bn1.weight", {32}));
  CHECK(has(tensors, "_blocks.14._se_reduce.weight", {48, 1152, 1, 1}));
  CHECK(has(tensors, "_blocks.14._bn2.running_mean", {192}));
  CHECK(has(tensors, "_bn1.weight", {1280}));
  CHECK(has(tensors, "_fc.weight", {1000, 1280}));
  const Network lite = build(variant("tf_efficientnet_lite0"));
  CHECK(expected_tensors(lite, lukemelas).size() == tensor_count(lite));
}

TEST_CASE("All dialects of the same weights become the same tensors") {
  for (const Family family : {Family::efficientnet, Family::lite}) {
    const NetworkConfig symmetric = small_config(Padding::symmetric, family),
                        same = small_config(Padding::same, family);
    const auto tensors = [](const NetworkConfig& config, Names names) {
      const Imported imported = test::import(config, state_dict(build(config), names));
      REQUIRE(imported.failure == "");
      std::map<std::string, std::vector<float>> values;
      for (const auto& [name, tensor] : imported.file.tensors) values[name] = tensor.values;
      return values;
    };
    CHECK(tensors(symmetric, Names::timm) == tensors(symmetric, Names::torchvision));
    CHECK(tensors(same, Names::timm) == tensors(same, Names::lukemelas));
    CHECK(tensors(same, Names::timm) != tensors(symmetric, Names::timm));  // another epsilon
  }
}

TEST_CASE("Dialects are recognised by themselves and named in the metadata") {
  const NetworkConfig config = small_config(Padding::symmetric);
  CHECK_THAT(test::import(config, state_dict(build(config), Names::timm)).file.metadata.at("source_format"),
             Contains("timm"));
  CHECK_THAT(
      test::import(config, state_dict(build(config), Names::torchvision)).file.metadata.at("source_format"),
      Contains("torchvision"));
}

TEST_CASE("Weights of the other padding family are refused with what to take instead") {
  const NetworkConfig b0 = variant("efficientnet_b0"), tf_b0 = variant("tf_efficientnet_b0");
  CHECK_THAT(lukemelas.objection(b0), Contains("tf_efficientnet_b0"));
  CHECK(lukemelas.objection(tf_b0).empty());
  CHECK(lukemelas.objection(variant("tf_efficientnet_lite3")).empty());
  CHECK_THAT(torchvision.objection(tf_b0), Contains("import them as efficientnet_b0"));
  CHECK(torchvision.objection(b0).empty());
  CHECK(timm.objection(b0).empty());
  CHECK(timm.objection(tf_b0).empty());

  const NetworkConfig symmetric = small_config(Padding::symmetric), same = small_config(Padding::same);
  CHECK_THAT(test::import(symmetric, state_dict(build(symmetric), Names::lukemelas)).failure,
             Contains("TensorFlow's padding") && Contains("\"same\""));
  CHECK_THAT(test::import(same, state_dict(build(same), Names::torchvision)).failure, Contains("symmetric"));
}

TEST_CASE("torchvision's B5 to B7 keep TensorFlow's epsilon") {
  for (int size = 0; size < 8; ++size) {
    const NetworkConfig config = variant("efficientnet_b" + std::to_string(size));
    CHECK(torchvision.batch_norm_epsilon(config) == (size >= 5 ? 1e-3 : 1e-5));
    CHECK(timm.batch_norm_epsilon(config) == 1e-5);
    CHECK(lukemelas.batch_norm_epsilon(variant("tf_efficientnet_b" + std::to_string(size))) == 1e-3);
  }
}

TEST_CASE("Keras names for symmetric padding and unknown names are refused") {
  const NetworkConfig config = small_config(Padding::symmetric);
  FloatTensors keras;
  keras["stem_conv/kernel:0"] = {{1}, {0.5f}};
  CHECK_THAT(test::import(config, keras).failure, Contains("Keras") && Contains("\"same\""));
  FloatTensors other;
  other["layer1.0.conv1.weight"] = {{1}, {0.5f}};
  CHECK_THAT(test::import(config, other).failure, Contains("layer1.0.conv1.weight") && Contains("timm"));
  CHECK_THAT(test::import(config, FloatTensors{}).failure, Contains("none of the known dialects"));
}
