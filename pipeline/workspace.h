// Where a library is made, file by file, before all of it appears at once.
#pragma once

#include <string>
#include <vector>

#include "base/status.h"

namespace effnet {

// A folder inside the output folder, removed with all that is in it. Folders that had to be made for it go,
// too, unless publish() succeeded.
class Workspace {
 public:
  static Result<Workspace> create(const std::string& output_folder);
  Workspace(Workspace&& other) noexcept;
  Workspace& operator=(Workspace&&) = delete;
  ~Workspace();

  const std::string& path() const { return path_; }

  // Moves these files into the output folder, in the place of what has their names: all or none.
  Status publish(const std::vector<std::string>& files);

 private:
  Workspace() = default;
  std::string output_folder_, path_;
  std::vector<std::string> new_folders_;  // outer ones first
};

}  // namespace effnet
