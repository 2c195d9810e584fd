// How a picture becomes a network's input, and what the
// classes are called: dialect, then config.json, then options.
#pragma once

#include "models/dialects/dialect.h"

namespace effnet {

struct ModelCard {  // what a config.json beside the weights says
  bool present = false;
  std::string architecture;  // "tf_efficientnet_b0"; may be empty
  std::optional<std::array<double, 3>> mean, std;
  std::optional<double> crop;
  std::optional<Interpolation> interpolation;
  std::optional<std::vector<std::string>> labels;
};

// Reads config.json (timm's "pretrained_cfg") in the folder of `weights_path`; none there is fine.
// `resolution` tells which of the crops for training's and testing's size is meant.
Result<ModelCard> read_model_card(const std::string& weights_path, int resolution);

// An error when the card says that the weights pad otherwise than the network.
Status check_model_card(const ModelCard& card, const NetworkConfig& config);

Result<Preprocessing> choose_preprocessing(const Preprocessing& defaults, const ModelCard& card,
                                           const ImportOptions& options);
// One a class, or empty when there are none for so many classes.
Result<std::vector<std::string>> choose_labels(const ModelCard& card, const ImportOptions& options,
                                               int classes);

}  // namespace effnet
