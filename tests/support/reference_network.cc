// A whole network as a chain of the plain operators.
#include <stdexcept>

#include "tests/support/reference.h"

namespace effnet::test {
namespace {

const Values& find(const PlainWeights& weights, const std::string& name) {
  const auto found = weights.find(name);
  if (found == weights.end()) throw std::runtime_error("reference: no weight " + name);
  return found->second;
}

void check_shape(const Tensor3& map, const Shape& shape, const std::string& what) {
  if (Shape{map.height, map.width, map.channels} != shape)
    throw std::runtime_error("reference: " + what + " has another shape than the network says");
}

Tensor3 run_layer(const Layer& layer, const PlainWeights& weights, const Tensor3& input) {
  check_shape(input, layer.in, layer.name + "'s input");
  const Values& weight = find(weights, layer.name + ".weight");
  const Values& bias = find(weights, layer.name + ".bias");
  const Window window{layer.kernel, layer.stride, layer.border};
  Tensor3 output;
  if (layer.kind == LayerKind::convolution) output = convolution(input, weight, bias, window);
  if (layer.kind == LayerKind::pointwise) output = pointwise(input, weight, bias);
  if (layer.kind == LayerKind::depthwise) output = depthwise(input, weight, bias, window);
  check_shape(output, layer.out, layer.name + "'s output");
  return activate(layer.activation, std::move(output));
}

Tensor3 run_squeeze_excite(const Layer& layer, const PlainWeights& weights, Tensor3 map) {
  const SqueezeExcite values{
      find(weights, layer.name + ".reduce.weight"), find(weights, layer.name + ".reduce.bias"),
      find(weights, layer.name + ".expand.weight"), find(weights, layer.name + ".expand.bias")};
  const Values gates = squeeze_excite_gates(average(map), values);
  return scale(std::move(map), gates);
}

Tensor3 run_block(const Block& block, const PlainWeights& weights, const Tensor3& input,
                  const MapVisit& visit) {
  Tensor3 map = input;
  if (block.has_expand) visit(block.expand.name, map = run_layer(block.expand, weights, input));
  visit(block.depthwise.name, map = run_layer(block.depthwise, weights, map));
  if (block.has_squeeze_excite)
    visit(block.name + ".gated", map = run_squeeze_excite(block.squeeze_excite, weights, std::move(map)));
  map = run_layer(block.project, weights, map);
  if (block.residual) map = add(std::move(map), input);
  visit(block.name, map);
  return map;
}

}  // namespace

ReferenceOutputs reference_run(const Network& network, const PlainWeights& weights, const Tensor3& input,
                               const MapVisit& visit) {
  Tensor3 map = run_layer(network.stem, weights, input);
  visit("stem", map);
  for (const Block& block : network.blocks) map = run_block(block, weights, map, visit);
  ReferenceOutputs outputs;
  outputs.last_map = run_layer(network.head, weights, map);
  visit("head", outputs.last_map);
  outputs.features = average(outputs.last_map);
  outputs.logits = dense(outputs.features, find(weights, network.classifier.name + ".weight"),
                         find(weights, network.classifier.name + ".bias"));
  return outputs;
}

}  // namespace effnet::test
