#include "tests/generators/one_block.h"

#include <algorithm>

namespace effnet::test {

namespace {

// A convolution's or depthwise layer's output and border, written out from the two definitions of padding.
void set_window(Layer& layer, int kernel, int stride, Padding padding, int channels) {
  layer.kernel = kernel;
  layer.stride = stride;
  const int size = layer.in.width;
  if (padding == Padding::symmetric) {
    const int side = kernel / 2, out = (size + 2 * side - kernel) / stride + 1;
    layer.border = {side, side, side, side};
    layer.out = {out, out, channels};
  } else {
    const int out = (size + stride - 1) / stride, total = std::max(0, (out - 1) * stride + kernel - size);
    layer.border = {total / 2, total - total / 2, total / 2, total - total / 2};
    layer.out = {out, out, channels};
  }
}

Layer layer_of(LayerKind kind, const std::string& name, const Shape& in, int channels,
               Activation activation) {
  Layer layer;
  layer.kind = kind;
  layer.name = name;
  layer.in = in;
  layer.out = {in.height, in.width, channels};
  layer.activation = activation;
  return layer;
}

}  // namespace

Network one_block_network(const OneBlock& b) {
  Network n;
  n.name = "one_block";
  n.padding = b.padding;
  n.resolution = b.resolution;
  n.classes = b.classes;
  n.stem = layer_of(LayerKind::convolution, "stem", {b.resolution, b.resolution, 3}, b.stem_channels,
                    b.activation);
  set_window(n.stem, 3, 2, b.padding, b.stem_channels);

  Block block;
  block.name = "blocks.0";
  block.has_expand = b.ratio > 1;
  block.has_squeeze_excite = b.squeeze_excite;
  block.residual = b.stride == 1 && b.out_channels == b.stem_channels;
  const int wide = b.stem_channels * b.ratio;
  if (block.has_expand)
    block.expand = layer_of(LayerKind::pointwise, "blocks.0.expand", n.stem.out, wide, b.activation);
  const Shape expanded = block.has_expand ? block.expand.out : n.stem.out;
  block.depthwise = layer_of(LayerKind::depthwise, "blocks.0.depthwise", expanded, wide, b.activation);
  set_window(block.depthwise, b.kernel, b.stride, b.padding, wide);
  block.squeeze_excite = layer_of(LayerKind::squeeze_excite, "blocks.0.squeeze_excite", block.depthwise.out,
                                  wide, Activation::none);
  block.squeeze_excite.squeezed = std::max(1, b.stem_channels / 4);
  block.project = layer_of(LayerKind::pointwise, "blocks.0.project", block.depthwise.out, b.out_channels,
                           Activation::none);
  n.blocks = {block};
  n.head = layer_of(LayerKind::pointwise, "head", block.project.out, b.head_channels, b.activation);
  n.classifier =
      layer_of(LayerKind::dense, "classifier", {1, 1, b.head_channels}, b.classes, Activation::none);
  return n;
}

}  // namespace effnet::test
