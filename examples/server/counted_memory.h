// The application's own allocator: it counts, and refuses what would go over a budget.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdlib>

#include "effnet.h"

namespace server {

class CountedMemory {
 public:
  explicit CountedMemory(std::size_t budget) : budget_(budget) {}

  std::size_t in_use() const { return in_use_; }
  std::size_t peak() const { return peak_; }

  // For effnet_options: models call these from the threads that open, prepare and close them.
  void set_in(effnet_options& options) {
    options.allocate = allocate;
    options.release = release;
    options.allocator_context = this;
  }

 private:
  // Every block carries its size in front, in a field as large as the alignment.
  static void* allocate(void* context, std::size_t bytes, std::size_t alignment) {
    auto& memory = *static_cast<CountedMemory*>(context);
    const std::size_t field = alignment < sizeof(Field) ? sizeof(Field) : alignment;
    const std::size_t all = (field + bytes + alignment - 1) / alignment * alignment;
    if (!memory.take(all)) return nullptr;
    auto* block = static_cast<unsigned char*>(std::aligned_alloc(alignment, all));
    if (block == nullptr) {
      memory.in_use_ -= all;
      return nullptr;
    }
    *reinterpret_cast<Field*>(block + field - sizeof(Field)) = {field, all};
    return block + field;
  }

  static void release(void* context, void* block) {
    if (block == nullptr) return;
    auto* bytes = static_cast<unsigned char*>(block);
    const Field field = *reinterpret_cast<Field*>(bytes - sizeof(Field));
    static_cast<CountedMemory*>(context)->in_use_ -= field.all;
    std::free(bytes - field.before);
  }

  bool take(std::size_t bytes) {
    const std::size_t used = in_use_ += bytes;
    if (used > budget_) {
      in_use_ -= bytes;
      return false;
    }
    for (std::size_t peak = peak_; used > peak && !peak_.compare_exchange_weak(peak, used);) {
    }
    return true;
  }

  struct Field {
    std::size_t before, all;  // bytes in front of the block, and of everything
  };
  const std::size_t budget_;
  std::atomic<std::size_t> in_use_{0}, peak_{0};
};

}  // namespace server
