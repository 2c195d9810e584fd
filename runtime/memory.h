// The application's allocator, or aligned malloc (from 2 MB on in huge pages), and owners of what came from it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "formats/safetensors.h"
#include "runtime/include/effnet.h"

namespace effnet::runtime {

inline constexpr std::size_t alignment =
    tensor_alignment;  // of the arena, of every tensor and of whatever is allocated

constexpr std::size_t align_up(std::size_t bytes) { return (bytes + alignment - 1) / alignment * alignment; }

struct Allocator {
  void* (*allocate_block)(void* context, std::size_t bytes, std::size_t alignment) = nullptr;  // null: malloc
  void (*release_block)(void* context, void* block) = nullptr;
  void* context = nullptr;

  // Null when there is no memory, or when the application's block is not aligned.
  void* allocate(std::size_t bytes) const;
  void release(void* block) const;
  Memory memory() const;  // for the safetensors reader; must not outlive this object
};

// An owned array of plain values, uninitialised. Empty after a failed allocation.
template <typename T>
class Block {
 public:
  Block() = default;
  Block(Block&& other) noexcept { swap(other); }
  Block& operator=(Block&& other) noexcept {
    swap(other);
    return *this;
  }
  ~Block() {
    if (data_ != nullptr) allocator_.release(data_);
  }

  [[nodiscard]] bool allocate(const Allocator& allocator, std::size_t count) {
    std::size_t bytes = 0;
    if (__builtin_mul_overflow(count, sizeof(T), &bytes)) return false;
    Block fresh;
    fresh.allocator_ = allocator;
    fresh.data_ = static_cast<T*>(allocator.allocate(bytes));
    if (fresh.data_ == nullptr) return false;
    fresh.size_ = count;
    swap(fresh);
    return true;
  }

  T* data() const { return data_; }
  std::size_t size() const { return size_; }
  T& operator[](std::size_t i) const { return data_[i]; }

 private:
  void swap(Block& other) {
    std::swap(allocator_, other.allocator_);
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
  }

  Allocator allocator_;
  T* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace effnet::runtime
