// Weights files as Keras writes them, for tests; built where libhdf5 is there.
#pragma once

#include <array>
#include <string>

#include "models/network.h"
#include "tests/support/tensors.h"

namespace effnet::test {

enum class KerasLayout {
  keras2,        // save_weights("x.h5") of Keras 2: stem_conv/stem_conv/kernel:0
  keras2_whole,  // save("x.h5"): the same below model_weights/
  keras3,        // save_weights("x.weights.h5"): layers/conv2d/vars/0, with the layer's name as an attribute
  keras3_counted,  // the same without names, as Keras 2.15 and 3.0 write it
  keras2_counted   // the same of earlier ones: _layer_checkpoint_dependencies/conv2d/vars/0
};

struct KerasNormalisation {
  std::array<float, 3> mean{0, 0, 0}, variance{1, 1, 1};
};

// `state`: the network's weights by timm's names.
void write_keras_file(const std::string& path, const Network& network, const FloatTensors& state,
                      KerasLayout layout, const KerasNormalisation& normalisation = {});

}  // namespace effnet::test
