// Writes safetensors files tensor by tensor; the file appears when it is complete (base/files.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/files.h"
#include "formats/safetensors.h"

namespace effnet {

struct TensorEntry {
  std::string name;
  Dtype dtype = Dtype::f32;
  std::vector<std::int64_t> shape;
};
using Metadata = std::vector<std::pair<std::string, std::string>>;

// All of a file that stands before its first tensor; `bytes` gets the size of every tensor.
Result<std::string> safetensors_header(const std::vector<TensorEntry>& tensors, const Metadata& metadata,
                                       std::vector<std::size_t>& bytes);

class SafetensorsWriter {
 public:
  // Writes the header, padded with spaces so that the first tensor starts on 64 bytes. Tensors follow one
  // another without a hole: where all are multiples of 64 bytes long, all start on 64 bytes.
  static Result<SafetensorsWriter> create(const std::string& path, const std::vector<TensorEntry>& tensors,
                                          const Metadata& metadata);

  // The next tensor's elements, little-endian, in row-major order, all of them.
  Status write(std::span<const std::byte> tensor);
  Status write(std::span<const float> tensor) { return write(std::as_bytes(tensor)); }
  Result<AtomicFile> finish() &&;  // complete, and not yet in its place
  Status commit();

 private:
  SafetensorsWriter(AtomicFile file, std::vector<std::size_t> bytes)
      : file_(std::move(file)), bytes_(std::move(bytes)) {}
  AtomicFile file_;
  std::vector<std::size_t> bytes_;  // of every tensor
  std::size_t next_ = 0;
};

}  // namespace effnet
