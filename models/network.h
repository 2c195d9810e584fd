// What an EfficientNet is: the block table, scaled, as a list of layers with
// static shapes and tensor names. Sources: Tan and Le, "EfficientNet" (arXiv
// 1905.11946), table 1 and section 3.3; Lite: TensorFlow's TPU repository.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/status.h"
#include "models/activation.h"

namespace effnet {

enum class Family {
  efficientnet,
  lite
};  // lite: no squeeze-excite, ReLU6, stem, head and end stages not scaled
enum class Padding { symmetric, same };  // symmetric: k/2 on every side; same: TensorFlow's "SAME"
enum class Interpolation { bicubic, bilinear };
enum class LayerKind { convolution, pointwise, depthwise, squeeze_excite, dense };

inline constexpr int most_classes = 100000;

struct Shape {
  int height = 0, width = 0, channels = 0;
  bool operator==(const Shape&) const = default;
};

// Zero rows above and below, zero columns left and right of a layer's input.
struct Border {
  int top = 0, bottom = 0, left = 0, right = 0;
  bool operator==(const Border&) const = default;
};

// One convolution (with its BatchNorm), squeeze-excite or dense layer.
struct Layer {
  LayerKind kind = LayerKind::convolution;
  std::string name;  // the prefix of its canonical tensors: "stem", "blocks.3.expand", "classifier", ...
  Shape in, out;
  int kernel = 1, stride = 1;
  Border border;
  Activation activation = Activation::none;
  int squeezed = 0;   // squeeze_excite: channels between its two dense layers
  bool kept = false;  // stays in float32, whatever the element type: see keep_blocks()
};

// MBConv: [expand 1x1] -> depthwise k x k -> [squeeze_excite] -> project 1x1 [+ input].
struct Block {
  std::string name;          // "blocks.3": counted through all stages
  int stage = 0, index = 0;  // stage from 0, index within the stage from 0
  bool has_expand = false, has_squeeze_excite = false, residual = false;
  Layer expand, depthwise, squeeze_excite, project;
};

struct Network {
  std::string name;
  Family family = Family::efficientnet;
  Padding padding = Padding::symmetric;
  double width = 1, depth = 1;  // factors, unrounded
  int resolution = 224, classes = 1000;
  double batch_norm_epsilon = 1e-5;
  Layer stem;
  std::vector<Block> blocks;
  Layer head, classifier;
};

// What a network file (.json) or a row of the table of variants says; everything else follows from it.
struct NetworkConfig {
  std::string name;
  Family family = Family::efficientnet;
  Padding padding = Padding::symmetric;
  double width = 1, depth = 1;
  int resolution = 224, classes = 1000;
  double batch_norm_epsilon = 1e-5;
  // How pictures were prepared for TensorFlow's weights of a variant.
  double crop = .875;
  Interpolation interpolation = Interpolation::bicubic;
};

const std::vector<NetworkConfig>&
variants();  // efficientnet_b0..b7, tf_efficientnet_b0..b7, tf_efficientnet_lite0..4

// Checks every number (also against overflow and absurd sizes) and derives all layers.
Result<Network> build_network(const NetworkConfig& config);

// `name_or_path`: a variant's name, or a path that ends in .json.
Result<NetworkConfig> find_network(const std::string& name_or_path);
Result<NetworkConfig> parse_network_file(const std::string& text, const std::string& where);
std::string network_file(const NetworkConfig& config);  // JSON text of a network file

// Channels times a factor, to a multiple of 8, never below 90 % of the exact value.
int round_channels(int channels, double width);
int round_repeats(int repeats, double depth);  // ceil

// The layers of these blocks ("blocks.3") stay in float32. Every name must be one of the network's.
void keep_blocks(Network& network, const std::vector<std::string>& names);

// Every layer in the order of the data.
void for_each_layer(const Network& network, const std::function<void(const Layer&)>& visit);

std::int64_t parameters(const Layer& layer);  // BatchNorm's scale and shift counted, statistics not
std::int64_t parameters(const Network& network);
std::int64_t multiply_adds(const Layer& layer);
std::int64_t multiply_adds(const Network& network);

}  // namespace effnet
