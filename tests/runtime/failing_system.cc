#include "tests/runtime/failing_system.h"

#include <pthread.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdlib>

namespace effnet::tiny {

System the_system;

namespace {

bool fails(const char* function) {
  System& system = the_system;
  const int call = system.calls++;
  const bool fail = system.fail_at >= 0 && (system.onwards ? call >= system.fail_at : call == system.fail_at);
  if (fail && system.failed.empty()) system.failed = function;
  return fail;
}

}  // namespace
}  // namespace effnet::tiny

using effnet::tiny::fails;
using effnet::tiny::the_system;

extern "C" {

int __real_pthread_create(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*);
int __wrap_pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*start)(void*),
                          void* argument) {
  return fails("pthread_create") ? EAGAIN : __real_pthread_create(thread, attributes, start, argument);
}

int __real_pthread_attr_init(pthread_attr_t*);
int __wrap_pthread_attr_init(pthread_attr_t* attributes) {
  return fails("pthread_attr_init") ? ENOMEM : __real_pthread_attr_init(attributes);
}

void* __real_aligned_alloc(std::size_t, std::size_t);
void* __wrap_aligned_alloc(std::size_t alignment, std::size_t bytes) {
  if (fails("aligned_alloc")) return nullptr;
  void* block = __real_aligned_alloc(alignment, bytes);
  if (block != nullptr) ++the_system.blocks;
  return block;
}

void __real_free(void*);
void __wrap_free(void* block) {
  if (block != nullptr) --the_system.blocks;
  __real_free(block);
}

int __real_open(const char*, int, ...);
int __wrap_open(const char* path, int flags, ...) {  // the runtime only reads: no mode
  if (!fails("open")) return __real_open(path, flags);
  errno = EMFILE;
  return -1;
}

void* __real_mmap(void*, std::size_t, int, int, int, off_t);
void* __wrap_mmap(void* address, std::size_t bytes, int protection, int flags, int file, off_t offset) {
  if (fails("mmap")) {
    errno = ENOMEM;
    return MAP_FAILED;
  }
  void* block = __real_mmap(address, bytes, protection, flags, file, offset);
  if (block != MAP_FAILED) ++the_system.maps;
  return block;
}

int __real_munmap(void*, std::size_t);
int __wrap_munmap(void* address, std::size_t bytes) {
  --the_system.maps;
  return __real_munmap(address, bytes);
}

int __real_fstat(int, struct stat*);
int __wrap_fstat(int file, struct stat* about) {
  if (!fails("fstat")) return __real_fstat(file, about);
  errno = EIO;
  return -1;
}
}
