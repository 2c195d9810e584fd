// A weights file of any format that is read here: named tensors in memory, with where their bytes lie.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/status.h"
#include "formats/safetensors.h"

namespace effnet {

// One tensor. `data` begins at its first element; every element that shape and strides reach lies inside.
struct SourceTensor {
  Dtype dtype = Dtype::f32;
  std::vector<std::int64_t> shape;
  std::vector<std::int64_t> strides;  // in elements, never negative; empty: row-major without gaps
  std::span<const std::byte> data;
};
using SourceTensors = std::map<std::string, SourceTensor>;

struct TensorFile {
  std::string format;  // "safetensors", "torch pickle", "torch zip" or "HDF5"
  std::string sha256;  // of the whole file
  SourceTensors tensors;
  std::shared_ptr<const void> memory;  // what the tensors' bytes lie in
};

// Recognises the format by the file's first bytes and checks everything before it is used.
Result<TensorFile> read_tensor_file(const std::string& path);

// The tensors of a safetensors file in memory, which must outlive them; no digest.
Result<TensorFile> read_safetensors(std::span<const std::byte> file, const std::string& where);

// All elements in row-major order. Of f16, bf16, f32 and f64 tensors; refuses others by `name`.
Result<std::vector<double>> read_values(const SourceTensor& tensor, const std::string& name);

}  // namespace effnet
