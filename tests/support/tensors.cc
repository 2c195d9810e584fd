#include "tests/support/tensors.h"

#include <array>
#include <cstring>
#include <span>
#include <stdexcept>

#include "formats/bf16.h"
#include "formats/safetensors_writer.h"
#include "tests/support/temporary.h"

namespace effnet::test {
namespace {

template <typename Stored, typename Convert>
std::vector<float> converted(const Tensor& tensor, const Convert& convert) {
  std::vector<Stored> stored(tensor.bytes / sizeof(Stored));
  if (tensor.bytes != 0) std::memcpy(stored.data(), tensor.data, tensor.bytes);
  std::vector<float> values;
  for (const Stored value : stored) values.push_back(convert(value));
  return values;
}

std::vector<float> values_of(const Tensor& tensor) {
  switch (tensor.dtype) {
    case Dtype::f32:
      return converted<float>(tensor, [](float value) { return value; });
    case Dtype::bf16:
      return converted<std::uint16_t>(tensor, from_bf16);
    case Dtype::i8:
      return converted<std::int8_t>(tensor, [](std::int8_t value) { return static_cast<float>(value); });
    default:
      throw std::runtime_error("tensor " + std::string(tensor.name) + " is of another type");
  }
}

}  // namespace

FloatTensors to_floats(const Safetensors& file) {
  FloatTensors tensors;
  for (const Tensor& tensor : file.tensors())
    tensors[std::string(tensor.name)] = {{tensor.shape, tensor.shape + tensor.rank}, values_of(tensor)};
  return tensors;
}

FloatFile read_tensors(const std::filesystem::path& path) {
  const std::string bytes = read_file(path);
  std::array<char, 256> error{};
  Safetensors parsed;
  if (!parsed.parse(std::as_bytes(std::span(bytes)), {}, error))
    throw std::runtime_error(path.string() + ": " + error.data());
  FloatFile file;
  file.tensors = to_floats(parsed);
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
