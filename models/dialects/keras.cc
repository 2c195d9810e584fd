// keras.applications: stem_conv, stem_bn, block1a_expand_conv, ..., top_conv, top_bn, predictions, after
// models/keras.h has turned the variables into tensors. Stages count from 1, a stage's blocks from "a".
#include "models/dialects/dialect.h"

namespace effnet {
namespace {

LayerNames names(Part part, const Block* block) {
  if (part == Part::stem) return {"stem_conv", "stem_bn"};
  if (part == Part::head) return {"top_conv", "top_bn"};
  if (part == Part::classifier) return {"predictions", ""};
  const std::string prefix =
      "block" + std::to_string(block->stage + 1) + static_cast<char>('a' + block->index) + "_";
  switch (part) {
    case Part::expand:
      return {prefix + "expand_conv", prefix + "expand_bn"};
    case Part::depthwise:
      return {prefix + "dwconv", prefix + "bn"};
    case Part::squeeze_excite:
      return {prefix + "se_reduce", prefix + "se_expand"};
    default:
      return {prefix + "project_conv", prefix + "project_bn"};
  }
}

std::string objection(const NetworkConfig& config) { return tensorflow_objection(config, "Keras' weights"); }

}  // namespace

const Dialect keras = {
    .name = "keras",
    .names = names,
    .objection = objection,
    .batch_norm_epsilon = [](const NetworkConfig& config) { return config.batch_norm_epsilon; },
    .preprocessing = [](const NetworkConfig& config,
                        const WeightsSource&) { return tensorflow_preprocessing(config); },
};

}  // namespace effnet
