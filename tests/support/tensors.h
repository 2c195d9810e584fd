// Float tensors by name, in memory and in safetensors files.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "formats/safetensors.h"

namespace effnet::test {

struct FloatTensor {
  std::vector<std::int64_t> shape;
  std::vector<float> values;  // in C order
};
using FloatTensors = std::map<std::string, FloatTensor>;

struct FloatFile {
  FloatTensors tensors;
  std::map<std::string, std::string> metadata;
};

// bfloat16 and 8 bit integers become floats of the same value.
FloatTensors to_floats(const Safetensors& file);

// Both throw std::runtime_error, also when a tensor to be read is of another type.
FloatFile read_tensors(const std::filesystem::path& path);
void write_tensors(const std::filesystem::path& path, const FloatTensors& tensors);

// Throws std::runtime_error when there is none of that name.
const FloatTensor& find(const FloatTensors& tensors, const std::string& name);

}  // namespace effnet::test
