#include "runtime/file.h"

#include "runtime/system.h"

#if EFFNET_POSIX

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <cstdint>

namespace effnet::runtime {
namespace {

effnet_status cannot_read(const char* path, int reason, ErrorText error) {
  const char* text = reason == ENOENT || reason == ENOTDIR  ? "no such file"
                     : reason == EACCES || reason == EPERM  ? "permission denied"
                     : reason == EMFILE || reason == ENFILE ? "too many open files"
                                                            : nullptr;
  if (text != nullptr) return fail(error, EFFNET_CANNOT_READ, path, ": ", text);
  return fail(error, EFFNET_CANNOT_READ, path, ": cannot be read (errno ", reason, ")");
}

effnet_status map_descriptor(int descriptor, const char* path, ErrorText error, void** address,
                             std::size_t* size) {
  struct stat about = {};
  if (fstat(descriptor, &about) != 0) return cannot_read(path, errno, error);
  if (!S_ISREG(about.st_mode)) return fail(error, EFFNET_CANNOT_READ, path, ": not a regular file");
  if (about.st_size <= 0) return fail(error, EFFNET_CANNOT_READ, path, ": the file is empty");
  if (static_cast<std::uintmax_t>(about.st_size) > SIZE_MAX / 2) return cannot_read(path, EFBIG, error);
  auto bytes = static_cast<std::size_t>(about.st_size);
  void* mapped = mmap(nullptr, bytes, PROT_READ, MAP_SHARED, descriptor, 0);
  if (mapped == MAP_FAILED) {
    return fail(error, EFFNET_OUT_OF_MEMORY, path, ": ", bytes, " bytes cannot be mapped (errno ", errno,
                ")");
  }
  *address = mapped;
  *size = bytes;
  return EFFNET_OK;
}

}  // namespace

effnet_status MappedFile::map(const char* path, ErrorText error) {
  int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);  // O_NONBLOCK: a pipe must not make it wait
  if (descriptor < 0) return cannot_read(path, errno, error);
  effnet_status status = map_descriptor(descriptor, path, error, &address_, &size_);
  close(descriptor);
  return status;
}

void MappedFile::unmap() {
  if (address_ != nullptr) munmap(address_, size_);
  address_ = nullptr;
  size_ = 0;
}

MappedFile::~MappedFile() { unmap(); }

}  // namespace effnet::runtime

#endif
