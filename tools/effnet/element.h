// The element types of a program's tensors, as files name them.
#pragma once

#include "effnet_program.h"
#include "formats/safetensors.h"

namespace effnet {

inline Dtype dtype_of(const effnet_tensor& tensor) {
  constexpr Dtype dtypes[] = {Dtype::f32, Dtype::bf16, Dtype::i8};  // in the order of effnet_element
  return dtypes[tensor.element];
}

}  // namespace effnet
