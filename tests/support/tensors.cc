#include "tests/support/tensors.h"

#include <array>
#include <cstring>
#include <span>
#include <stdexcept>

#include "formats/safetensors.h"
#include "formats/safetensors_writer.h"
#include "tests/support/temporary.h"

namespace effnet::test {
namespace {

FloatTensor to_floats(const Tensor& tensor, const std::string& where) {
  if (tensor.dtype != Dtype::f32)
    throw std::runtime_error(where + ": tensor " + std::string(tensor.name) + " is not float32");
  FloatTensor floats;
  floats.shape.assign(tensor.shape, tensor.shape + tensor.rank);
  floats.values.resize(tensor.bytes / sizeof(float));
  if (tensor.bytes != 0) std::memcpy(floats.values.data(), tensor.data, tensor.bytes);
  return floats;
}

}  // namespace

FloatFile read_tensors(const std::filesystem::path& path) {
  const std::string bytes = read_file(path);
  std::array<char, 256> error{};
  Safetensors parsed;
  if (!parsed.parse(std::as_bytes(std::span(bytes)), {}, error))
    throw std::runtime_error(path.string() + ": " + error.data());
  FloatFile file;
  for (const Tensor& tensor : parsed.tensors())
    file.tensors.emplace(tensor.name, to_floats(tensor, path.string()));
  for (const MetadataEntry& entry : parsed.metadata()) file.metadata.emplace(entry.key, entry.value);
  return file;
}

void write_tensors(const std::filesystem::path& path, const FloatTensors& tensors) {
  const auto require = [](const Status& status) {
    if (!status) throw std::runtime_error(status.message());
  };
  std::vector<TensorEntry> entries;
  for (const auto& [name, tensor] : tensors) entries.push_back({name, Dtype::f32, tensor.shape});
  Result<SafetensorsWriter> writer = SafetensorsWriter::create(path.string(), entries, {});
  if (!writer) throw std::runtime_error(writer.message());
  for (const auto& [name, tensor] : tensors) require(writer->write(tensor.values));
  require(writer->commit());
}

const FloatTensor& find(const FloatTensors& tensors, const std::string& name) {
  const auto found = tensors.find(name);
  if (found == tensors.end()) throw std::runtime_error("no tensor " + name);
  return found->second;
}

}  // namespace effnet::test
