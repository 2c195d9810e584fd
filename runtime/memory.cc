#include "runtime/memory.h"

#include <cstdlib>

namespace effnet::runtime {

void* Allocator::allocate(std::size_t bytes) const {
  if (bytes > SIZE_MAX - alignment) return nullptr;
  std::size_t rounded = bytes == 0 ? alignment : align_up(bytes);
  if (allocate_block == nullptr) return std::aligned_alloc(alignment, rounded);
  void* block = allocate_block(context, rounded, alignment);
  if (reinterpret_cast<std::uintptr_t>(block) % alignment == 0) return block;
  release_block(context, block);
  return nullptr;
}

void Allocator::release(void* block) const {
  allocate_block == nullptr ? std::free(block) : release_block(context, block);
}

Memory Allocator::memory() const {
  return {const_cast<Allocator*>(this),
          [](void* self, std::size_t bytes) { return static_cast<Allocator*>(self)->allocate(bytes); },
          [](void* self, void* block) { static_cast<Allocator*>(self)->release(block); }};
}

}  // namespace effnet::runtime
