// Where no files are mapped.
#include "runtime/file.h"
#include "runtime/system.h"

#if !EFFNET_POSIX

namespace effnet::runtime {

effnet_status MappedFile::map(const char* path, ErrorText error) {
  return fail(
      error, EFFNET_CANNOT_READ, path,
      ": this runtime was built for a system without file mapping; read the file and open it from memory");
}

void MappedFile::unmap() {}

MappedFile::~MappedFile() = default;

}  // namespace effnet::runtime

#endif
