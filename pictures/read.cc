#include "pictures/read.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <new>

#include "pictures/jpeg.h"
#include "pictures/png.h"

namespace effnet {
namespace {

constexpr std::size_t signature_bytes = 8, block_bytes = std::size_t{1} << 18;

Status cannot_read(const std::string& where, int error) {
  return Status::error(where + ": cannot be read: " + std::strerror(error));
}

Status no_picture(std::span<const std::byte> file, const std::string& where) {
  return Status::error(where + (file.empty()
                                    ? ": empty file, expected a PNG or JPEG picture"
                                    : ": neither a PNG nor a JPEG picture (only these can be read)"));
}

}  // namespace

bool is_picture(std::span<const std::byte> file) { return is_png(file) || is_jpeg(file); }

Result<Picture> decode_picture(std::span<const std::byte> file, const std::string& where) {
  if (is_png(file)) return decode_png(file, where);
  if (is_jpeg(file)) return decode_jpeg(file, where);
  return no_picture(file, where);
}

Result<std::vector<std::byte>> read_stream(std::FILE* stream, bool picture_only, const std::string& where) {
  std::vector<std::byte> bytes;
  std::size_t filled = 0;
  try {
    for (std::size_t wanted = signature_bytes; filled < max_picture_bytes; wanted = block_bytes) {
      bytes.resize(filled + wanted);
      const std::size_t got = std::fread(bytes.data() + filled, 1, wanted, stream);
      filled += got;
      if (std::ferror(stream)) return cannot_read(where, errno);
      if (picture_only && wanted == signature_bytes && !is_picture({bytes.data(), filled}))
        return no_picture({bytes.data(), filled}, where);
      if (got == wanted) continue;
      bytes.resize(filled);
      return bytes;
    }
  } catch (const std::bad_alloc&) {
    return Status::error(where + ": not enough memory for the file");
  }
  return Status::error(where + ": longer than " + std::to_string(max_picture_bytes) + " bytes");
}

Result<Picture> read_picture(const std::string& path) {
  // O_NONBLOCK: a named pipe without a writer must not hang the program.
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) return cannot_read(path, errno);
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(fdopen(descriptor, "rb"), std::fclose);
  if (file == nullptr) return cannot_read(path, errno);
  struct stat about = {};
  if (fstat(descriptor, &about) != 0) return cannot_read(path, errno);
  if (S_ISFIFO(about.st_mode))
    return Status::error(path + ": a pipe, a file is needed (or - for standard input)");
  const Result<std::vector<std::byte>> bytes = read_stream(file.get(), true, path);
  if (!bytes) return bytes.status();
  return decode_picture(*bytes, path);
}

}  // namespace effnet
