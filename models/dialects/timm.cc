// timm (pytorch-image-models): conv_stem, bn1, blocks.STAGE.INDEX.conv_pw, ..., conv_head, bn2, classifier.
// Weights of both padding families and of Lite come under these names.
#include "models/dialects/dialect.h"

namespace effnet {
namespace {

LayerNames names(Part part, const Block* block) {
  if (part == Part::stem) return {"conv_stem", "bn1"};
  if (part == Part::head) return {"conv_head", "bn2"};
  if (part == Part::classifier) return {"classifier", ""};
  const std::string prefix =
      "blocks." + std::to_string(block->stage) + "." + std::to_string(block->index) + ".";
  if (part == Part::squeeze_excite) return {prefix + "se.conv_reduce", prefix + "se.conv_expand"};
  if (!block->has_expand) {
    if (part == Part::depthwise) return {prefix + "conv_dw", prefix + "bn1"};
    return {prefix + "conv_pw", prefix + "bn2"};
  }
  if (part == Part::expand) return {prefix + "conv_pw", prefix + "bn1"};
  if (part == Part::depthwise) return {prefix + "conv_dw", prefix + "bn2"};
  return {prefix + "conv_pwl", prefix + "bn3"};
}

}  // namespace

const Dialect timm = {
    .name = "timm",
    .names = names,
    .objection = [](const NetworkConfig&) { return std::string(); },
    .batch_norm_epsilon = [](const NetworkConfig& config) { return config.batch_norm_epsilon; },
    // Of efficientnet_b* the truth differs from file to file and stands in their config.json.
    .preprocessing = [](const NetworkConfig& config,
                        const WeightsSource&) { return tensorflow_preprocessing(config); },
};

}  // namespace effnet
