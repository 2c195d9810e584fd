// lukemelas' EfficientNet-PyTorch, and the Lite ports that follow it: _conv_stem, _bn0,
// _blocks.INDEX._expand_conv, ..., _conv_head, _bn1, _fc. All its weights come from TensorFlow.
#include "models/dialects/dialect.h"

namespace effnet {
namespace {

LayerNames names(Part part, const Block* block) {
  if (part == Part::stem) return {"_conv_stem", "_bn0"};
  if (part == Part::head) return {"_conv_head", "_bn1"};
  if (part == Part::classifier) return {"_fc", ""};
  const std::string prefix = "_" + block->name + ".";
  switch (part) {
    case Part::expand:
      return {prefix + "_expand_conv", prefix + "_bn0"};
    case Part::depthwise:
      return {prefix + "_depthwise_conv", prefix + "_bn1"};
    case Part::squeeze_excite:
      return {prefix + "_se_reduce", prefix + "_se_expand"};
    default:
      return {prefix + "_project_conv", prefix + "_bn2"};
  }
}

std::string objection(const NetworkConfig& config) {
  return tensorflow_objection(config, "these weights (lukemelas' names)");
}

}  // namespace

const Dialect lukemelas = {
    .name = "lukemelas",
    .names = names,
    .objection = objection,
    .batch_norm_epsilon = [](const NetworkConfig& config) { return config.batch_norm_epsilon; },
    .preprocessing = [](const NetworkConfig& config,
                        const WeightsSource&) { return tensorflow_preprocessing(config); },
};

}  // namespace effnet
