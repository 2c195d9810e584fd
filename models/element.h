// Element types: what weights and maps are stored as. Two tables; nothing else knows a type by name.
#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "formats/safetensors.h"

namespace effnet {

// A kind of storage. Its number stands in the problems of schedule rows, where f32 is left out.
enum class Element { f32, bf16, i8 };

struct ElementTraits {
  Dtype dtype;  // in files
  int bytes;    // of one
  int together;  // inputs of a pointwise weight that lie side by side: an instruction multiplies so many at once
  bool scaled;  // symmetric, with one float32 factor an output channel in a tensor of its own
};

const ElementTraits& traits_of(Element element);

// What --precision names.
enum class Precision { fp32, bf16, int8_weights };

// Stem, depthwise layers, biases, gates, features and logits are float32 in all of them, and so is every sum.
struct PrecisionTraits {
  Precision precision;
  std::string name;  // of --precision, and in the metadata of weights files
  Element weights;   // of expansions, projections, head, squeeze-excite and classifier
  Element maps;      // between steps, where the target multiplies it; f32 elsewhere
  std::string description;
};

const std::vector<PrecisionTraits>& precisions();
const PrecisionTraits& traits_of(Precision precision);
Result<Precision> find_precision(const std::string& name);
std::vector<std::string> precision_names();

// The two sides of a matrix product over channels. Maps are stored in another type than float32 only where an
// instruction multiplies it: then `together` inputs at once, whose weights lie side by side. Elsewhere weights
// become float32 before they are multiplied.
struct MatrixTypes {
  Element maps = Element::f32, weights = Element::f32;

  int together() const { return maps == Element::f32 ? 1 : traits_of(weights).together; }
  bool multiplies_stored() const { return weights == Element::f32 || together() > 1; }
};

}  // namespace effnet
