// A dialect: how one project names the tensors of an EfficientNet, and what its published weights were
// trained with. A new dialect is one file here, one line in the list of dialect.cc, and one test.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "models/import.h"
#include "models/network.h"

namespace effnet {

// Where a layer's tensors stand: the modules "<first>.weight" and so on.
struct LayerNames {
  std::string first;   // the convolution; the dense layer; squeeze-excite's reduction
  std::string second;  // its BatchNorm; none; squeeze-excite's expansion
};

// Which of a network's layers; `block` is null outside of the blocks.
enum class Part { stem, expand, depthwise, squeeze_excite, project, head, classifier };

struct Dialect {
  std::string_view name;
  LayerNames (*names)(Part part, const Block* block);
  // What speaks against these weights for this network
  // (padding, family) and what to take instead; or nothing.
  std::string (*objection)(const NetworkConfig& config);
  double (*batch_norm_epsilon)(const NetworkConfig& config);
  Preprocessing (*preprocessing)(const NetworkConfig& config, const WeightsSource& source);
};

extern const Dialect timm, torchvision, lukemelas, keras;
std::span<const Dialect* const> dialects();

// Visits every layer with the part that it plays.
void for_each_part(const Network& network,
                   const std::function<void(Part, const Block*, const Layer&)>& visit);

struct ExpectedTensor {
  std::string name;
  std::vector<std::int64_t> shape;
};
// All that a file of this dialect must have. BatchNorm's num_batches_tracked may stand beside them.
std::vector<ExpectedTensor> expected_tensors(const Network& network, const Dialect& dialect);

// What dialects share.
Preprocessing tensorflow_preprocessing(const NetworkConfig& config);  // of the original TensorFlow weights
// An objection, unless the network pads as TensorFlow does.
std::string tensorflow_objection(const NetworkConfig& config, std::string_view whose_weights);

}  // namespace effnet
