#include "runtime/memory.h"

#include <cstdlib>

#if defined(_WIN32)
#include <malloc.h>
#endif

namespace effnet::runtime {

namespace {

#if defined(_WIN32)
void* allocate_aligned(std::size_t bytes) { return _aligned_malloc(bytes, alignment); }
void release_aligned(void* block) { _aligned_free(block); }
#else
void* allocate_aligned(std::size_t bytes) { return std::aligned_alloc(alignment, bytes); }
void release_aligned(void* block) { std::free(block); }
#endif

}  // namespace

void* Allocator::allocate(std::size_t bytes) const {
  if (bytes > SIZE_MAX - alignment) return nullptr;
  std::size_t rounded = bytes == 0 ? alignment : align_up(bytes);
  if (allocate_block == nullptr) return allocate_aligned(rounded);
  void* block = allocate_block(context, rounded, alignment);
  if (reinterpret_cast<std::uintptr_t>(block) % alignment == 0) return block;
  release_block(context, block);
  return nullptr;
}

void Allocator::release(void* block) const {
  allocate_block == nullptr ? release_aligned(block) : release_block(context, block);
}

Memory Allocator::memory() const {
  return {const_cast<Allocator*>(this),
          [](void* self, std::size_t bytes) { return static_cast<Allocator*>(self)->allocate(bytes); },
          [](void* self, void* block) { static_cast<Allocator*>(self)->release(block); }};
}

}  // namespace effnet::runtime
