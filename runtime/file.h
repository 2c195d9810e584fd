// A file mapped for reading. Pages are shared by all who map it and read when they are touched.
#pragma once

#include <span>

#include "runtime/failure.h"

namespace effnet::runtime {

class MappedFile {
 public:
  MappedFile() = default;
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ~MappedFile();  // NOLINT(performance-trivially-destructible): nothing is to be done only where no file is mapped

  // EFFNET_CANNOT_READ when it is missing, unreadable, no regular file, or empty. Call once.
  effnet_status map(const char* path, ErrorText error);
  void unmap();
  std::span<const std::byte> bytes() const { return {static_cast<const std::byte*>(address_), size_}; }

 private:
  void* address_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace effnet::runtime
