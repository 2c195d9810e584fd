#include "models/element.h"

#include "base/text.h"

namespace effnet {

const ElementTraits& traits_of(Element element) {
  static const ElementTraits table[] = {
      {Dtype::f32, 4, 1, false, false}, {Dtype::bf16, 2, 2, false, false}, {Dtype::i8, 1, 1, true, false},
      {Dtype::u8, 1, 4, false, true},   {Dtype::i16, 2, 2, false, false},
  };
  return table[static_cast<int>(element)];
}

const std::vector<PrecisionTraits>& precisions() {
  static const std::vector<PrecisionTraits> table = {
      {Precision::fp32, "fp32", Element::f32, Element::f32, Element::f32, "float32 throughout"},
      {Precision::bf16, "bf16", Element::bf16, Element::bf16, Element::f32,
       "bfloat16 weights and maps, multiplied in pairs where the CPU can; half the file"},
      {Precision::int8_weights, "int8-weights", Element::i8, Element::f32, Element::f32,
       "8 bit weights with a factor an output channel, float32 arithmetic; 0.29 of the file"},
      {Precision::int8, "int8", Element::i8, Element::u8, Element::bf16,
       "8 bit weights and maps, multiplied as integers, by a calibration; 0.27 of the file"},
  };
  return table;
}

const PrecisionTraits& traits_of(Precision precision) { return precisions()[static_cast<int>(precision)]; }

std::vector<std::string> precision_names() {
  std::vector<std::string> names;
  for (const PrecisionTraits& row : precisions()) names.push_back(row.name);
  return names;
}

Result<Precision> find_precision(const std::string& name) {
  for (const PrecisionTraits& row : precisions())
    if (row.name == name) return row.precision;
  return Status::error("there is no precision " + in_quotes(name) + did_you_mean(name, precision_names()) +
                       "; there are " + join(precision_names(), ", "));
}

}  // namespace effnet
