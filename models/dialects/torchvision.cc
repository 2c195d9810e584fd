// torchvision: features.0.0, features.0.1, features.STAGE.INDEX.block.PART..., features.8, classifier.1.
// All of its EfficientNets pad symmetrically; B5-B7 were trained in TensorFlow and keep that epsilon.
#include "models/dialects/dialect.h"

namespace effnet {
namespace {

LayerNames names(Part part, const Block* block) {
  if (part == Part::stem) return {"features.0.0", "features.0.1"};
  if (part == Part::head) return {"features.8.0", "features.8.1"};
  if (part == Part::classifier) return {"classifier.1", ""};
  const std::string prefix =
      "features." + std::to_string(block->stage + 1) + "." + std::to_string(block->index) + ".block.";
  int place = 0;  // parts that a block does not have are not counted
  if (part != Part::expand && block->has_expand) ++place;
  if (part == Part::squeeze_excite || part == Part::project) ++place;
  if (part == Part::project && block->has_squeeze_excite) ++place;
  const std::string module = prefix + std::to_string(place);
  if (part == Part::squeeze_excite) return {module + ".fc1", module + ".fc2"};
  return {module + ".0", module + ".1"};
}

std::string objection(const NetworkConfig& config) {
  if (config.padding == Padding::symmetric) return "";
  const std::string hint = config.name.starts_with("tf_efficientnet_b")
                               ? "import them as " + config.name.substr(3)
                               : "take a network with \"padding\": \"symmetric\"";
  return "torchvision's weights need symmetric padding, " + config.name + " pads as TensorFlow does; " + hint;
}

// Crop fractions are crop / resize of torchvision's own presets, a little below where the quotient is no
// short decimal number: the resize is floor(resolution / crop).
struct Preset {
  std::string_view network;
  double crop;
  bool tensorflow_epsilon;
};
constexpr Preset presets[] = {
    {"efficientnet_b0", .875, false},   // 224 / 256
    {"efficientnet_b1", .9375, false},  // 240 / 256
    {"efficientnet_b2", 1, false},      // 288 / 288
    {"efficientnet_b3", .9375, false},  // 300 / 320
    {"efficientnet_b4", .9895, false},  // 380 / 384
    {"efficientnet_b5", 1, true},      {"efficientnet_b6", 1, true}, {"efficientnet_b7", 1, true},
};

const Preset* find_preset(const NetworkConfig& config) {
  for (const Preset& preset : presets)
    if (preset.network == config.name) return &preset;
  return nullptr;
}

double batch_norm_epsilon(const NetworkConfig& config) {
  const Preset* preset = find_preset(config);
  return preset && preset->tensorflow_epsilon ? 1e-3 : config.batch_norm_epsilon;
}

Preprocessing preprocessing(const NetworkConfig& config, const WeightsSource& source) {
  Preprocessing result = tensorflow_preprocessing(config);
  if (const Preset* preset = find_preset(config)) result.crop = preset->crop;
  // B1 has second weights (IMAGENET1K_V2), with other
  // preprocessing: 240/255. File names carry the hash's beginning.
  if (config.name == "efficientnet_b1" && source.sha256.starts_with("c27df63c")) {
    result.crop = .941;
    result.interpolation = Interpolation::bilinear;
  }
  return result;
}

}  // namespace

const Dialect torchvision = {
    .name = "torchvision",
    .names = names,
    .objection = objection,
    .batch_norm_epsilon = batch_norm_epsilon,
    .preprocessing = preprocessing,
};

}  // namespace effnet
