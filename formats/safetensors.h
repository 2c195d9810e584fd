// A strict reader of safetensors files. It needs no C++ run time (no exceptions,
// RTTI or libstdc++), so that the runtime and the tools read files by the same
// rules: https://github.com/huggingface/safetensors (format section).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace effnet {

enum class Dtype : std::uint8_t { boolean, u8, i8, u16, i16, f16, bf16, u32, i32, f32, u64, i64, f64 };

std::size_t dtype_bytes(Dtype dtype);
std::string_view dtype_name(Dtype dtype);  // as in the file: "F32", "BF16", ...

// Where the reader's index comes from. A null `allocate` stands for malloc and free.
struct Memory {
  void* context = nullptr;
  void* (*allocate)(void* context, std::size_t bytes) = nullptr;  // null when there is none left
  void (*release)(void* context, void* block) = nullptr;
};

inline constexpr int max_rank = 8;
inline constexpr std::size_t tensor_alignment = 64;  // bytes; of .weights files, not of the format

struct Tensor {
  std::string_view name;  // unescaped UTF-8
  Dtype dtype;
  int rank;
  std::int64_t shape[max_rank];
  const std::byte* data;  // inside the file's bytes
  std::size_t bytes;
};

struct MetadataEntry {
  std::string_view key, value;  // unescaped UTF-8
};

// One line of text in a caller's buffer, truncated to fit
// and always terminated. May be empty (no text wanted).
using ErrorText = std::span<char>;

// The parsed header of one file. The file's bytes are not copied and must outlive it.
class Safetensors {
 public:
  Safetensors() = default;
  Safetensors(const Safetensors&) = delete;
  Safetensors& operator=(const Safetensors&) = delete;
  ~Safetensors() { clear(); }

  // Checks everything that the format demands (header length, UTF-8 JSON without duplicate keys, known types,
  // shapes that match their offsets, offsets from 0 to the file's end without hole or overlap) before use.
  // On failure returns false, leaves a text in `error` and this object empty.
  [[nodiscard]] bool parse(std::span<const std::byte> file, const Memory& memory, ErrorText error);
  void clear();

  std::span<const Tensor> tensors() const { return tensors_; }           // by offset
  std::span<const MetadataEntry> metadata() const { return metadata_; }  // as in the file
  const Tensor* find(std::string_view name) const;                       // null: no such tensor
  // The value of a metadata key; data() is null when there is none.
  std::string_view metadata_value(std::string_view key) const;

 private:
  Memory memory_;
  void* index_ = nullptr;  // one block: tensors, metadata, the order by name, unescaped text
  std::span<const Tensor> tensors_;
  std::span<const std::uint32_t> by_name_;
  std::span<const MetadataEntry> metadata_;
};

}  // namespace effnet
