#include "pipeline/step_text.h"

namespace effnet {

namespace {

const char* name_of(Activation activation) {
  switch (activation) {
    case Activation::none:
      return "linear";
    case Activation::relu6:
      return "relu6";
    case Activation::swish:
      return "swish";
  }
  return "";
}

std::string text_of(const Shape& s) {
  return std::to_string(s.height) + "x" + std::to_string(s.width) + "x" + std::to_string(s.channels);
}

}  // namespace

std::string describe(const Shape& in, const Layer& layer) {
  return text_of(in) + " -> " + text_of(layer.out) +
         (layer.activation == Activation::none ? "" : std::string(" ") + name_of(layer.activation));
}

std::string kernel_text(const Layer& layer) {
  return " k" + std::to_string(layer.kernel) + " s" + std::to_string(layer.stride);
}

}  // namespace effnet
