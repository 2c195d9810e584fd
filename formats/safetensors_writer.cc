#include "formats/safetensors_writer.h"

#include <limits>
#include <nlohmann/json.hpp>

#include "base/text.h"

namespace effnet {
namespace {

// False when the size does not fit.
bool tensor_bytes(const TensorEntry& tensor, std::size_t& bytes) {
  bytes = dtype_bytes(tensor.dtype);
  for (const std::int64_t extent : tensor.shape)
    if (extent < 0 || __builtin_mul_overflow(bytes, static_cast<std::size_t>(extent), &bytes)) return false;
  return true;
}

std::string little_endian(std::uint64_t number) {
  std::string bytes;
  for (int shift = 0; shift < 64; shift += 8) bytes += static_cast<char>(number >> shift & 0xff);
  return bytes;
}

}  // namespace

Result<std::string> safetensors_header(const std::vector<TensorEntry>& tensors, const Metadata& metadata,
                                       std::vector<std::size_t>& bytes) {
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  for (const auto& [key, value] : metadata) header["__metadata__"][key] = value;
  std::size_t offset = 0;
  for (const TensorEntry& tensor : tensors) {
    std::size_t size = 0, end = 0;
    if (!tensor_bytes(tensor, size) || __builtin_add_overflow(offset, size, &end))
      return Status::error("tensor " + in_quotes(tensor.name) + " is too large for a file");
    header.push_back({tensor.name, nlohmann::ordered_json{{"dtype", std::string(dtype_name(tensor.dtype))},
                                                          {"shape", tensor.shape},
                                                          {"data_offsets", {offset, end}}}});
    bytes.push_back(size);
    offset = end;
  }
  try {
    std::string text = header.dump();
    text.append(
        (tensor_alignment - (sizeof(std::uint64_t) + text.size()) % tensor_alignment) % tensor_alignment,
        ' ');
    return little_endian(text.size()) + text;
  } catch (const nlohmann::json::exception&) {
    return Status::error("a tensor's name or the metadata is not valid UTF-8");
  }
}

Result<SafetensorsWriter> SafetensorsWriter::create(const std::string& path,
                                                    const std::vector<TensorEntry>& tensors,
                                                    const Metadata& metadata) {
  std::vector<std::size_t> bytes;
  const Result<std::string> header = safetensors_header(tensors, metadata, bytes);
  if (!header) return Status::error("cannot write " + in_quotes(path) + ": " + header.message());
  Result<AtomicFile> file = AtomicFile::create(path);
  if (!file) return file.status();
  if (Status status = file->write(*header); !status) return status;
  return SafetensorsWriter(*std::move(file), std::move(bytes));
}

Status SafetensorsWriter::write(std::span<const std::byte> tensor) {
  if (next_ == bytes_.size() || tensor.size() != bytes_[next_])
    return Status::error("tensor " + std::to_string(next_) + " of the file has " +
                         std::to_string(tensor.size()) + " bytes, which is not what the header says");
  ++next_;
  return file_.write(tensor);
}

Result<AtomicFile> SafetensorsWriter::finish() && {
  if (next_ != bytes_.size()) return Status::error("not all tensors were written");
  return std::move(file_);
}

Status SafetensorsWriter::commit() {
  if (next_ != bytes_.size()) return Status::error("not all tensors were written");
  return file_.commit();
}

}  // namespace effnet
