// Files: read whole, mapped, or written so that nobody ever sees half of one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace effnet {

// Whether the name of a file or folder begins with a dot.
bool is_hidden(const std::filesystem::path& path);

// The whole of a regular file of at most `most_bytes`.
Result<std::string> read_file(const std::string& path, std::size_t most_bytes);

// A regular file, mapped for reading. An empty file is an error.
class MappedFile {
 public:
  static Result<MappedFile> open(const std::string& path);
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  ~MappedFile();

  std::span<const std::byte> bytes() const { return bytes_; }

 private:
  explicit MappedFile(std::span<const std::byte> bytes) : bytes_(bytes) {}
  std::span<const std::byte> bytes_;
};

// A file that comes into being, or replaces the one of its name, when all of it stands on the disk. It is
// written beside its final place under another name, which the destructor removes unless commit() succeeded.
class AtomicFile {
 public:
  static Result<AtomicFile> create(const std::string& path);
  AtomicFile(AtomicFile&& other) noexcept;
  AtomicFile& operator=(AtomicFile&&) = delete;
  ~AtomicFile();

  Status write(std::span<const std::byte> bytes);
  Status write(std::string_view text) { return write(std::as_bytes(std::span(text.data(), text.size()))); }
  Status close();  // all of it stands on the disk, still under the other name
  Status commit();

 private:
  AtomicFile(std::string path, std::string temporary, int descriptor);
  Status failure(int error) const;
  std::string path_, temporary_;
  int descriptor_;
};

// A file that is written and not yet in its place.
Result<AtomicFile> prepare_file(const std::string& path, std::string_view text);
// No file comes into its place before all of them stand on the disk.
Status commit_together(std::vector<AtomicFile> files);

Status write_file(const std::string& path, std::string_view text);

// Whether a file can come into being there: better known before long work. Leaves nothing.
Status check_writable(const std::string& path);

}  // namespace effnet
