// Folders and files of a test, gone when the test is.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace effnet::test {

// An empty folder of its own under `parent` (which must exist; empty:
// the system's temporary folder), removed with all that is in it.
class TemporaryFolder {
 public:
  explicit TemporaryFolder(const std::filesystem::path& parent = {});
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::string file(std::string_view name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

// Both throw std::runtime_error when the file cannot be read or written: the test fails there.
std::string read_file(const std::filesystem::path& path);
void write_file(const std::filesystem::path& path, std::string_view bytes);

}  // namespace effnet::test
