// A temporary folder that lives as long as the program that works in it: also one that was killed leaves nothing
// for ever.
#pragma once

#include <string>

#include "base/status.h"

namespace effnet {

// Removed with all that is in it. A lock on a file inside tells that its owner lives; folders of dead owners
// are removed when the next one of the same prefix is made.
class OwnedFolder {
 public:
  static Result<OwnedFolder> create(const std::string& prefix);
  OwnedFolder(OwnedFolder&& other) noexcept;
  OwnedFolder& operator=(OwnedFolder&&) = delete;
  ~OwnedFolder();

  const std::string& path() const { return path_; }

 private:
  OwnedFolder(std::string path, int lock) : path_(std::move(path)), lock_(lock) {}
  std::string path_;
  int lock_;  // file descriptor; children do not inherit it
};

}  // namespace effnet
