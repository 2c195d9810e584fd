// Class activation maps: where in a picture a network sees a class.
//
// For a network that ends in a global average and a linear classifier the map is exact (Zhou et al.,
// "Learning Deep Features for Discriminative Localization", 2016): the class' weights over the last map,
// whose mean over the map is the class' logit without its bias.
#pragma once

#include <span>
#include <vector>

namespace effnet {

struct ActivationMap {
  int height = 0, width = 0;
  std::vector<float> values;  // [height][width], in units of the logit

  bool finite() const;
  float smallest() const;
  float largest() const;
  // Bilinear between the cells' centres, 0 <= x, y <= 1 from the map's left and upper edge to its right and
  // lower one; beyond the outermost centres the border's values go on.
  double at(double x, double y) const;
};

// `last_map` is [height][width][features], `weights` [features].
ActivationMap class_activation(std::span<const float> last_map, int height, int width,
                               std::span<const float> weights);

}  // namespace effnet
