// Keras' way of keeping an EfficientNet's weights -> the way of the other dialects.
#pragma once

#include <array>
#include <optional>
#include <string>

#include "formats/tensor_file.h"
#include "models/network.h"

namespace effnet {

struct KerasWeights {
  SourceTensors tensors;  // "stem_conv.weight" [32, 3, 3, 3], "stem_bn.running_var" ...
  std::optional<std::array<double, 3>> mean, std;  // of pixels in 0..1: the model's own normalisation
};

// By names of variables as keras.applications has them.
bool is_keras(const SourceTensors& tensors);

// Of any of Keras' layouts (formats/hdf5_file.h has the names):
//   stem_conv/stem_conv/kernel:0     Keras 2's weights; below model_weights/ in a whole model's file
//   layers/conv2d/stem_conv/0        Keras 3's .weights.h5
//   layers/conv2d/vars/0             the same of versions that keep no names, Keras 2's last and 3's first: layers
//                                    are counted in the order of `network`; whatever stands before them
// Variables of a layer and of its kind; the optimizer's are left out. Nothing is copied.
Result<KerasWeights> read_keras(const Network& network, const SourceTensors& tensors,
                                const std::string& where);

}  // namespace effnet
