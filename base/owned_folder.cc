#include "base/owned_folder.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>

#include "base/unfinished.h"

namespace effnet {

namespace fs = std::filesystem;

namespace {

constexpr const char* lock_name = "lock";

void remove_if_abandoned(const fs::path& folder) {
  constexpr std::chrono::minutes youngest{1};  // a new one may not have its lock yet
  std::error_code failed;
  const fs::file_time_type changed = fs::last_write_time(folder, failed);
  if (failed || fs::file_time_type::clock::now() - changed < youngest) return;
  const int lock = open((folder / lock_name).c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW);
  if (lock < 0) return;
  if (flock(lock, LOCK_EX | LOCK_NB) == 0) fs::remove_all(folder, failed);
  close(lock);
}

void sweep(const fs::path& parent, const std::string& prefix) {
  std::error_code failed;  // then the iterator is at its end
  for (fs::directory_iterator entry(parent, failed); entry != fs::directory_iterator();
       entry.increment(failed))
    if (entry->path().filename().string().starts_with(prefix)) remove_if_abandoned(entry->path());
}

}  // namespace

Result<OwnedFolder> OwnedFolder::create(const std::string& prefix) {
  std::error_code failed;
  const fs::path parent = fs::temp_directory_path(failed);
  if (failed) return Status::error("there is no folder for temporary files: " + failed.message());
  sweep(parent, prefix);
  std::string path = parent / (prefix + "XXXXXX");
  if (!mkdtemp(path.data()))
    return Status::error("cannot make a folder in " + parent.string() + ": " + std::strerror(errno));
  add_unfinished(path);
  const int lock = open((path + "/" + lock_name).c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  OwnedFolder folder(path, lock);
  if (lock < 0 || flock(lock, LOCK_EX | LOCK_NB) != 0)
    return Status::error("cannot lock a file in " + path + ": " + std::strerror(errno));
  return folder;
}

OwnedFolder::OwnedFolder(OwnedFolder&& other) noexcept : path_(std::move(other.path_)), lock_(other.lock_) {
  other.path_.clear();
  other.lock_ = -1;
}

OwnedFolder::~OwnedFolder() {
  if (path_.empty()) return;
  std::error_code ignored;
  fs::remove_all(path_, ignored);
  remove_unfinished(path_);
  if (lock_ >= 0) close(lock_);
}

}  // namespace effnet
