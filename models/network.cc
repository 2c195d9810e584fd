#include "models/network.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>

#include "base/text.h"

namespace effnet {
namespace {

struct Stage {
  int kernel, stride, expansion, channels, repeats;
};

// EfficientNet-B0's stages of MBConv blocks.
constexpr Stage stages[] = {{3, 1, 1, 16, 1},  {3, 2, 6, 24, 2},  {5, 2, 6, 40, 2}, {3, 2, 6, 80, 3},
                            {5, 1, 6, 112, 3}, {5, 2, 6, 192, 4}, {3, 1, 6, 320, 1}};
constexpr int stage_count = static_cast<int>(std::size(stages));
constexpr int stem_channels = 32, head_channels = 1280;

// Output size and zeros before and after, along one axis.
struct Axis {
  int out, before, after;
};

Axis slide(int in, int kernel, int stride, Padding padding) {
  if (padding == Padding::symmetric) {
    const int border = kernel / 2;
    return {(in + 2 * border - kernel) / stride + 1, border, border};
  }
  // TensorFlow's "SAME": out = ceil(in / stride), and the odd zero goes to the end.
  const int out = (in + stride - 1) / stride;
  const int total = std::max((out - 1) * stride + kernel - in, 0);
  return {out, total / 2, total - total / 2};
}

Layer make_layer(LayerKind kind, std::string name, Shape in, int channels, Activation activation) {
  Layer layer;
  layer.kind = kind;
  layer.name = std::move(name);
  layer.in = in;
  layer.out = {in.height, in.width, channels};
  layer.activation = activation;
  return layer;
}

void set_window(Layer& layer, int kernel, int stride, Padding padding) {
  const Axis rows = slide(layer.in.height, kernel, stride, padding);
  const Axis columns = slide(layer.in.width, kernel, stride, padding);
  layer.kernel = kernel;
  layer.stride = stride;
  layer.border = {rows.before, rows.after, columns.before, columns.after};
  layer.out.height = rows.out;
  layer.out.width = columns.out;
}

Block make_block(const Network& network, int stage, int index, Shape in, int channels) {
  const Stage& row = stages[stage];
  const Activation activation = network.family == Family::lite ? Activation::relu6 : Activation::swish;
  Block block;
  block.name = "blocks." + std::to_string(network.blocks.size());
  block.stage = stage;
  block.index = index;
  block.has_expand = row.expansion != 1;
  block.has_squeeze_excite = network.family == Family::efficientnet;
  Shape inner = in;
  if (block.has_expand) {
    block.expand =
        make_layer(LayerKind::pointwise, block.name + ".expand", in, in.channels * row.expansion, activation);
    inner = block.expand.out;
  }
  block.depthwise =
      make_layer(LayerKind::depthwise, block.name + ".depthwise", inner, inner.channels, activation);
  const int stride = index == 0 ? row.stride : 1;
  set_window(block.depthwise, row.kernel, stride, network.padding);
  inner = block.depthwise.out;
  if (block.has_squeeze_excite) {
    block.squeeze_excite = make_layer(LayerKind::squeeze_excite, block.name + ".squeeze_excite", inner,
                                      inner.channels, activation);
    block.squeeze_excite.squeezed = std::max(1, in.channels / 4);
  }
  block.project =
      make_layer(LayerKind::pointwise, block.name + ".project", inner, channels, Activation::none);
  block.residual = stride == 1 && in.channels == channels;
  return block;
}

void add_blocks(Network& network) {
  Shape shape = network.stem.out;
  for (int stage = 0; stage < stage_count; ++stage) {
    // Lite keeps the first and the last stage as they are.
    const bool fixed = network.family == Family::lite && (stage == 0 || stage == stage_count - 1);
    const int repeats = fixed ? stages[stage].repeats : round_repeats(stages[stage].repeats, network.depth);
    const int channels = round_channels(stages[stage].channels, network.width);
    for (int index = 0; index < repeats; ++index) {
      network.blocks.push_back(make_block(network, stage, index, shape, channels));
      shape = network.blocks.back().project.out;
    }
  }
}

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%g", value);
  return text;
}

Status check_range(const NetworkConfig& config, const char* what, double value, double least, double most) {
  if (value >= least && value <= most) return {};  // false for NaN
  return Status::error("network " + in_quotes(config.name) + ": " + what + " is " + number(value) +
                       "; it must be from " + number(least) + " to " + number(most));
}

Status check_config(const NetworkConfig& config) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  const bool well_formed = !config.name.empty() && config.name.size() <= 64 && letter(config.name[0]) &&
                           std::all_of(config.name.begin(), config.name.end(),
                                       [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
  if (!well_formed)
    return Status::error("network name " + in_quotes(config.name) +
                         " is no C identifier of at most 64 letters, digits and underscores");
  if (Status status = check_range(config, "width", config.width, 0.1, 16); !status) return status;
  if (Status status = check_range(config, "depth", config.depth, 0.1, 16); !status) return status;
  if (Status status = check_range(config, "resolution", config.resolution, 8, 4096); !status) return status;
  if (Status status = check_range(config, "classes", config.classes, 1, most_classes); !status) return status;
  if (config.batch_norm_epsilon >= 1e-12 && config.batch_norm_epsilon <= 1) return {};
  return Status::error("network " + in_quotes(config.name) + ": batch_norm_epsilon must be from 1e-12 to 1");
}

std::int64_t elements(const Shape& shape) {
  return static_cast<std::int64_t>(shape.height) * shape.width * shape.channels;
}

// Sizes stay below 2^31 bytes an activation or tensor: generated code indexes with 32 bits.
Status check_sizes(const Network& network) {
  constexpr std::int64_t most = std::numeric_limits<std::int32_t>::max() / sizeof(float);
  Status status;
  for_each_layer(network, [&](const Layer& layer) {
    if (!status || std::max({elements(layer.in), elements(layer.out), parameters(layer)}) <= most) return;
    status = Status::error("network " + in_quotes(network.name) + ": layer " + layer.name +
                           " needs a tensor of more than 2 GB; take a smaller resolution or width");
  });
  return status;
}

}  // namespace

Result<Network> build_network(const NetworkConfig& config) {
  if (Status status = check_config(config); !status) return status;
  Network network;
  network.name = config.name;
  network.family = config.family;
  network.padding = config.padding;
  network.width = config.width;
  network.depth = config.depth;
  network.resolution = config.resolution;
  network.classes = config.classes;
  network.batch_norm_epsilon = config.batch_norm_epsilon;

  const bool lite = config.family == Family::lite;
  const double end_width = lite ? 1 : config.width;  // Lite does not scale stem and head
  const Activation activation = lite ? Activation::relu6 : Activation::swish;
  const Shape picture{config.resolution, config.resolution, 3};
  network.stem = make_layer(LayerKind::convolution, "stem", picture, round_channels(stem_channels, end_width),
                            activation);
  set_window(network.stem, 3, 2, config.padding);
  add_blocks(network);
  network.head = make_layer(LayerKind::pointwise, "head", network.blocks.back().project.out,
                            round_channels(head_channels, end_width), activation);
  network.classifier = make_layer(LayerKind::dense, "classifier", {1, 1, network.head.out.channels},
                                  config.classes, Activation::none);
  if (Status status = check_sizes(network); !status) return status;
  return network;
}

void keep_blocks(Network& network, const std::vector<std::string>& names) {
  for (Block& block : network.blocks) {
    const bool kept = std::find(names.begin(), names.end(), block.name) != names.end();
    for (Layer* layer : {&block.expand, &block.depthwise, &block.squeeze_excite, &block.project})
      layer->kept = kept;
  }
}

void for_each_layer(const Network& network, const std::function<void(const Layer&)>& visit) {
  visit(network.stem);
  for (const Block& block : network.blocks) {
    if (block.has_expand) visit(block.expand);
    visit(block.depthwise);
    if (block.has_squeeze_excite) visit(block.squeeze_excite);
    visit(block.project);
  }
  visit(network.head);
  visit(network.classifier);
}

std::int64_t parameters(const Layer& layer) {
  const std::int64_t in = layer.in.channels, out = layer.out.channels;
  const std::int64_t window = static_cast<std::int64_t>(layer.kernel) * layer.kernel;
  switch (layer.kind) {
    case LayerKind::convolution:
    case LayerKind::pointwise:
      return window * in * out + 2 * out;
    case LayerKind::depthwise:
      return window * out + 2 * out;
    case LayerKind::squeeze_excite:
      return 2 * in * layer.squeezed + layer.squeezed + in;
    case LayerKind::dense:
      return in * out + out;
  }
  return 0;
}

std::int64_t multiply_adds(const Layer& layer) {
  const std::int64_t window = static_cast<std::int64_t>(layer.kernel) * layer.kernel;
  switch (layer.kind) {
    case LayerKind::convolution:
    case LayerKind::pointwise:
    case LayerKind::dense:
      return elements(layer.out) * window * layer.in.channels;
    case LayerKind::depthwise:
      return elements(layer.out) * window;
    case LayerKind::squeeze_excite:
      return static_cast<std::int64_t>(2) * layer.in.channels * layer.squeezed;
  }
  return 0;
}

namespace {

std::int64_t sum(const Network& network, std::int64_t (*of)(const Layer&)) {
  std::int64_t total = 0;
  for_each_layer(network, [&](const Layer& layer) { total += of(layer); });
  return total;
}

}  // namespace

std::int64_t parameters(const Network& network) { return sum(network, &parameters); }
std::int64_t multiply_adds(const Network& network) { return sum(network, &multiply_adds); }

}  // namespace effnet
