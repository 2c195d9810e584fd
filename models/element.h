// Element types: what weights and maps are stored as. Two tables; nothing else knows a type by name.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "base/status.h"
#include "formats/safetensors.h"

namespace effnet {

// A kind of storage. Its number stands in the problems of schedule rows, where f32 is left out.
enum class Element { f32, bf16, i8, u8, i16 };

struct ElementTraits {
  Dtype dtype;  // in files
  int bytes;    // of one
  int together;  // inputs of a pointwise weight that lie side by side: an instruction multiplies so many at once
  bool scaled;  // weights: symmetric, with one float32 factor an output channel in a tensor of its own
  bool
      affine;  // maps: value = (stored - zero point) * scale, both in a tensor of their own; summed as integers
};

const ElementTraits& traits_of(Element element);

// What --precision names.
enum class Precision { fp32, bf16, int8_weights, int8 };

// Stem, biases, gates, features and logits are float32 in all of them, depthwise arithmetic too, and so is every sum of
// other products than those of two integers.
struct PrecisionTraits {
  Precision precision;
  std::string name;  // of --precision, and in the metadata of weights files
  Element weights;   // of expansions, projections, head, squeeze-excite and classifier
  Element maps;      // between steps; bf16 only where the target multiplies it, f32 elsewhere
  Element taps;      // depthwise weights
  std::string description;
};

const std::vector<PrecisionTraits>& precisions();
const PrecisionTraits& traits_of(Precision precision);
Result<Precision> find_precision(const std::string& name);
std::vector<std::string> precision_names();

// The two sides of a matrix product over channels. Maps are stored in another type than float32 where an instruction
// multiplies it: then `together` inputs at once, whose weights lie side by side. Elsewhere weights become float32 before
// they are multiplied.
struct MatrixTypes {
  Element maps = Element::f32, weights = Element::f32;
  bool widened = false;  // to pairs of 16 bit integers: the target has no instruction for four of 8 bits

  bool affine() const { return traits_of(maps).affine; }
  int side_by_side() const { return std::max(traits_of(maps).together, traits_of(weights).together); }
  int together() const { return maps == Element::f32 ? 1 : widened ? 2 : side_by_side(); }
  // By one instruction, which also adds them to a sum.
  bool multiplies_together() const { return together() > 1 && !widened; }
  bool multiplies_stored() const { return weights == Element::f32 || multiplies_together(); }
  // What is multiplied.
  Element factors() const {
    return multiplies_stored() ? weights : together() > 1 ? Element::i16 : Element::f32;
  }
  Element values() const { return widened ? Element::i16 : maps; }
};

}  // namespace effnet
