// What a shorter element type does to weights: how far stored ones are from those of another file or from exact ones.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "formats/safetensors.h"
#include "models/element.h"

namespace effnet {

// A packed weight of any type, as models/packing.h has it.
struct StoredWeight {
  Element element = Element::f32;
  int together = 1;        // inputs side by side
  std::size_t panels = 0;  // of 16 outputs
  std::span<const std::byte> bytes, scale;
};

// [panels][inputs][16], with the zeros that fill up a panel's inputs.
std::vector<float> to_panels(const StoredWeight& weight);

// The root mean square of the difference, to that of `exact`; 0 of zeros. Both have as many panels.
double weight_error(const StoredWeight& exact, const StoredWeight& other);

// What import lets pass of a layer.
double most_weight_error(Precision precision);

struct LayerError {
  std::string layer;  // "blocks.3.expand"
  double error = 0;
};

// Of all weights that both files have, the largest error first. `exact` is the one that the other is measured by.
std::vector<LayerError> weight_errors(const Safetensors& exact, const Safetensors& other);

}  // namespace effnet
