#include "models/network.h"

#include <cmath>
#include <limits>
#include <set>

#include "tests/catch.h"

using namespace effnet;
using Catch::Contains;

namespace {

Network build(const std::string& name) {
  const Result<NetworkConfig> config = find_network(name);
  REQUIRE(config);
  Result<Network> network = build_network(*config);
  REQUIRE(network);
  return *std::move(network);
}

NetworkConfig small(Padding padding, int resolution) {
  NetworkConfig config;
  config.name = "small";
  config.padding = padding;
  config.resolution = resolution;
  return config;
}

}  // namespace

TEST_CASE("Every variant has exactly the published parameters and multiply-adds") {
  struct Row {
    const char* name;
    std::int64_t parameters;
    double giga_multiply_adds;
    int resolution;
    std::size_t blocks;
  };
  const Row rows[] = {{"efficientnet_b0", 5288548, .3858, 224, 16},
                      {"efficientnet_b1", 7794184, .6868, 240, 23},
                      {"efficientnet_b2", 9109994, .9936, 260, 23},
                      {"efficientnet_b3", 12233232, 1.827, 300, 26},
                      {"efficientnet_b4", 19341616, 4.394, 380, 32},
                      {"efficientnet_b5", 30389784, 10.27, 456, 39},
                      {"efficientnet_b6", 43040704, 19.07, 528, 45},
                      {"efficientnet_b7", 66347960, 37.75, 600, 55},
                      {"tf_efficientnet_lite0", 4652008, .3852, 224, 16},
                      {"tf_efficientnet_lite1", 5416680, .6002, 240, 21},
                      {"tf_efficientnet_lite2", 6092072, .8597, 260, 21},
                      {"tf_efficientnet_lite3", 8197096, 1.6076, 300, 24},
                      {"tf_efficientnet_lite4", 13006568, 3.9436, 380, 30}};
  for (const Row& row : rows) {
    CAPTURE(row.name);
    const Network network = build(row.name);
    CHECK(parameters(network) == row.parameters);
    CHECK(static_cast<double>(multiply_adds(network)) / 1e9 == Approx(row.giga_multiply_adds).epsilon(0.001));
    CHECK(network.resolution == row.resolution);
    CHECK(network.blocks.size() == row.blocks);
    if (network.family == Family::lite) continue;
    const Network tensorflow = build("tf_" + network.name);
    CHECK(parameters(tensorflow) == row.parameters);
    CHECK(multiply_adds(tensorflow) == multiply_adds(network));
  }
  CHECK(variants().size() == 21);
}

TEST_CASE("The padding family decides the epsilon of BatchNorm") {
  CHECK(build("efficientnet_b0").batch_norm_epsilon == 1e-5);
  CHECK(build("tf_efficientnet_b0").batch_norm_epsilon == 1e-3);
  CHECK(build("tf_efficientnet_lite0").batch_norm_epsilon == 1e-3);
}

TEST_CASE("Symmetric borders are half the kernel on every side") {
  const Result<Network> network = build_network(small(Padding::symmetric, 203));
  REQUIRE(network);
  CHECK(network->stem.border == Border{1, 1, 1, 1});
  CHECK(network->stem.out == Shape{102, 102, 32});
  for (const Block& block : network->blocks) {
    const int k = block.depthwise.kernel / 2;
    CHECK(block.depthwise.border == Border{k, k, k, k});
  }
}

TEST_CASE("TensorFlow's borders put the odd zero at the bottom and right") {
  const auto stem = [](int resolution) {
    const Result<Network> network = build_network(small(Padding::same, resolution));
    REQUIRE(network);
    return network->stem;
  };
  CHECK(stem(224).border == Border{0, 1, 0, 1});
  CHECK(stem(224).out == Shape{112, 112, 32});
  CHECK(stem(203).border == Border{1, 1, 1, 1});
  CHECK(stem(203).out == Shape{102, 102, 32});
  const Network b0 = build("tf_efficientnet_b0");
  CHECK(b0.blocks[3].depthwise.kernel == 5);
  CHECK(b0.blocks[3].depthwise.in.height == 56);
  CHECK(b0.blocks[3].depthwise.border == Border{1, 2, 1, 2});  // 5x5, stride 2, even size
  CHECK(b0.blocks[4].depthwise.border == Border{2, 2, 2, 2});  // 5x5, stride 1
}

TEST_CASE("Both paddings give maps of the same size, whatever the resolution") {
  for (int resolution = 8; resolution < 140; ++resolution) {
    const Result<Network> symmetric = build_network(small(Padding::symmetric, resolution));
    const Result<Network> same = build_network(small(Padding::same, resolution));
    REQUIRE(symmetric);
    REQUIRE(same);
    CHECK(symmetric->head.out == same->head.out);
    CHECK(same->head.out.height == (resolution + 31) / 32);
  }
}

TEST_CASE("Layers follow one another without a gap and have names of their own") {
  for (const NetworkConfig& config : variants()) {
    CAPTURE(config.name);
    const Result<Network> network = build_network(config);
    REQUIRE(network);
    std::set<std::string> names;
    Shape shape{config.resolution, config.resolution, 3};
    for_each_layer(*network, [&](const Layer& layer) {
      CAPTURE(layer.name);
      CHECK(names.insert(layer.name).second);
      if (layer.kind == LayerKind::dense) shape = {1, 1, shape.channels};
      CHECK(layer.in == shape);
      shape = layer.out;
    });
    CHECK(shape == Shape{1, 1, 1000});
  }
}

TEST_CASE("Blocks of B0 are those of the paper's table") {
  const Network network = build("efficientnet_b0");
  const Block& first = network.blocks[0];
  CHECK(first.name == "blocks.0");
  CHECK_FALSE(first.has_expand);
  CHECK_FALSE(first.residual);
  CHECK(first.squeeze_excite.squeezed == 8);
  CHECK(first.depthwise.activation == Activation::swish);
  CHECK(first.project.activation == Activation::none);
  const Block& second = network.blocks[2];
  CHECK(second.stage == 1);
  CHECK(second.index == 1);
  CHECK(second.residual);
  CHECK(second.expand.name == "blocks.2.expand");
  CHECK(second.expand.out == Shape{56, 56, 144});
  CHECK(second.squeeze_excite.squeezed == 6);
  CHECK(network.head.out == Shape{7, 7, 1280});
}

TEST_CASE("Lite has no squeeze-excite, ReLU6, and ends that are not scaled") {
  const Network network = build("tf_efficientnet_lite4");
  CHECK(network.stem.out.channels == 32);
  CHECK(network.head.out.channels == 1280);
  CHECK(network.head.activation == Activation::relu6);
  CHECK(network.blocks[0].stage == 0);
  CHECK(network.blocks[1].stage == 1);
  CHECK(network.blocks.back().index == 0);
  for (const Block& block : network.blocks) CHECK_FALSE(block.has_squeeze_excite);
}

TEST_CASE("Channels are rounded to eights, never below nine tenths") {
  CHECK(round_channels(32, 1.0) == 32);
  CHECK(round_channels(32, 1.1) == 32);
  CHECK(round_channels(16, 1.4) == 24);
  CHECK(round_channels(24, 1.2) == 32);
  CHECK(round_channels(40, 0.1) == 8);
  CHECK(round_channels(24, 0.8) == 24);  // 19.2 -> 16 would lose a sixth
  for (int channels = 8; channels < 400; channels += 8)
    for (double width = 0.2; width < 3; width += 0.07) {
      const int rounded = round_channels(channels, width);
      CHECK(rounded % 8 == 0);
      CHECK(rounded >= 0.9 * channels * width);
    }
  CHECK(round_repeats(3, 1.1) == 4);
  CHECK(round_repeats(1, 1.0) == 1);
}

TEST_CASE("Numbers that make no network are refused by name and range") {
  const double nan = std::numeric_limits<double>::quiet_NaN(),
               infinity = std::numeric_limits<double>::infinity();
  const auto refused = [](auto change, const std::string& word) {
    NetworkConfig config;
    config.name = "small";
    change(config);
    const Result<Network> network = build_network(config);
    REQUIRE_FALSE(network);
    CHECK_THAT(network.message(), Contains(word));
  };
  for (const double factor : {0.0, -1.0, 0.05, 17.0, 1e300, nan, infinity}) {
    refused([&](NetworkConfig& c) { c.width = factor; }, "width");
    refused([&](NetworkConfig& c) { c.depth = factor; }, "depth");
  }
  for (const int resolution : {-224, 0, 7, 4097, std::numeric_limits<int>::max()})
    refused([&](NetworkConfig& c) { c.resolution = resolution; }, "resolution");
  for (const int classes : {-1, 0, 100001, std::numeric_limits<int>::min()})
    refused([&](NetworkConfig& c) { c.classes = classes; }, "classes");
  for (const double epsilon : {-1e-3, 0.0, 2.0, nan})
    refused([&](NetworkConfig& c) { c.batch_norm_epsilon = epsilon; }, "batch_norm_epsilon");
  for (const char* name : {"", "7up", "a b", "a/b", "net-1", "n\xc3\xa4h"})
    refused([&](NetworkConfig& c) { c.name = name; }, "identifier");
  refused([](NetworkConfig& c) { c.width = 16, c.resolution = 4096; }, "more than 2 GB");
}

TEST_CASE("An unknown network is answered with the nearest name") {
  CHECK_THAT(find_network("eficientnet_b3").message(), Contains("did you mean efficientnet_b3?"));
  CHECK_THAT(find_network("resnet50").message(), Contains("resnet50") && !Contains("did you mean"));
  CHECK_THAT(find_network("/nowhere/net.json").message(), Contains("/nowhere/net.json"));
}
