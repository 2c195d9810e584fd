#include "models/dialects/dialect.h"

namespace effnet {

std::span<const Dialect* const> dialects() {
  static constexpr const Dialect* all[] = {&timm, &torchvision, &lukemelas, &keras};
  return all;
}

void for_each_part(const Network& network,
                   const std::function<void(Part, const Block*, const Layer&)>& visit) {
  visit(Part::stem, nullptr, network.stem);
  for (const Block& block : network.blocks) {
    if (block.has_expand) visit(Part::expand, &block, block.expand);
    visit(Part::depthwise, &block, block.depthwise);
    if (block.has_squeeze_excite) visit(Part::squeeze_excite, &block, block.squeeze_excite);
    visit(Part::project, &block, block.project);
  }
  visit(Part::head, nullptr, network.head);
  visit(Part::classifier, nullptr, network.classifier);
}

std::vector<ExpectedTensor> expected_tensors(const Network& network, const Dialect& dialect) {
  std::vector<ExpectedTensor> list;
  for_each_part(network, [&](Part part, const Block* block, const Layer& layer) {
    const LayerNames names = dialect.names(part, block);
    const std::int64_t out = layer.out.channels, in = layer.in.channels, kernel = layer.kernel;
    const std::int64_t squeezed = layer.squeezed;
    switch (layer.kind) {
      case LayerKind::dense:
        list.push_back({names.first + ".weight", {out, in}});
        list.push_back({names.first + ".bias", {out}});
        return;
      case LayerKind::squeeze_excite:
        list.push_back({names.first + ".weight", {squeezed, in, 1, 1}});
        list.push_back({names.first + ".bias", {squeezed}});
        list.push_back({names.second + ".weight", {out, squeezed, 1, 1}});
        list.push_back({names.second + ".bias", {out}});
        return;
      default:
        list.push_back(
            {names.first + ".weight", {out, layer.kind == LayerKind::depthwise ? 1 : in, kernel, kernel}});
        for (const char* name : {".weight", ".bias", ".running_mean", ".running_var"})
          list.push_back({names.second + name, {out}});
    }
  });
  return list;
}

Preprocessing tensorflow_preprocessing(const NetworkConfig& config) {
  const bool lite = config.family == Family::lite;
  Preprocessing result;
  result.mean = lite ? std::array{.5, .5, .5} : std::array{.485, .456, .406};
  result.std = lite ? std::array{.5, .5, .5} : std::array{.229, .224, .225};
  result.crop = config.crop;
  result.interpolation = config.interpolation;
  return result;
}

std::string tensorflow_objection(const NetworkConfig& config, std::string_view whose_weights) {
  if (config.padding == Padding::same) return "";
  const std::string hint = config.name.starts_with("efficientnet_b")
                               ? "import them as tf_" + config.name
                               : "take a network with \"padding\": \"same\"";
  return std::string(whose_weights) + " were trained with TensorFlow's padding, " + config.name +
         " pads symmetrically; " + hint;
}

}  // namespace effnet
