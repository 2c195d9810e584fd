#include "pipeline/workspace.h"

#include <unistd.h>

#include <cstring>
#include <filesystem>

#include "base/unfinished.h"

namespace effnet {

namespace fs = std::filesystem;

namespace {

// The folders on the way to `folder` that are not there, outer ones first.
std::vector<std::string> missing_folders(const fs::path& folder) {
  std::vector<std::string> missing;
  std::error_code ignored;
  fs::path way;
  for (const fs::path& part : folder) {
    way /= part;
    if (!part.empty() && !fs::exists(way, ignored)) missing.push_back(way.string());
  }
  return missing;
}

bool is_there(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(fs::symlink_status(path, ignored));
}

// A second name for a file; a copy where the file system has no second names.
void keep(const fs::path& file, const fs::path& name) {
  std::error_code failed;
  fs::create_hard_link(file, name, failed);
  if (failed) fs::copy(file, name, fs::copy_options::copy_symlinks, failed);
}

Status cannot_write(const fs::path& path, const std::error_code& why) {
  return Status::error("cannot write " + path.string() + ": " + why.message());
}

}  // namespace

Result<Workspace> Workspace::create(const std::string& output_folder) {
  Workspace workspace;
  workspace.output_folder_ = output_folder;
  const fs::path absolute = fs::absolute(output_folder).lexically_normal();
  workspace.new_folders_ = missing_folders(absolute);
  for (const std::string& folder : workspace.new_folders_) add_new_folder(folder);
  std::error_code failed;
  fs::create_directories(absolute, failed);
  if (failed) return Status::error("cannot make the folder " + output_folder + ": " + failed.message());
  std::string path = absolute / ".effnetc-XXXXXX";
  if (!mkdtemp(path.data()))
    return Status::error("cannot write into the folder " + output_folder + ": " + std::strerror(errno));
  add_unfinished(path);
  workspace.path_ = path;
  return workspace;
}

Workspace::Workspace(Workspace&& other) noexcept
    : output_folder_(std::move(other.output_folder_)),
      path_(std::move(other.path_)),
      new_folders_(std::move(other.new_folders_)) {
  other.path_.clear();
  other.new_folders_.clear();
}

Workspace::~Workspace() {
  std::error_code ignored;
  if (!path_.empty()) {
    fs::remove_all(path_, ignored);
    remove_unfinished(path_);
  }
  for (; !new_folders_.empty(); new_folders_.pop_back()) {
    fs::remove(new_folders_.back(), ignored);  // only when it is empty
    remove_new_folder(new_folders_.back());
  }
}

Status Workspace::publish(const std::vector<std::string>& files) {
  const fs::path output = output_folder_, made = path_;
  std::error_code failed;
  for (const std::string& file : files)
    if (fs::is_directory(output / file, failed))
      return cannot_write(output / file, std::make_error_code(std::errc::is_a_directory));
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (is_there(output / files[i])) keep(output / files[i], made / ("earlier-" + files[i]));
    fs::rename(made / files[i], output / files[i], failed);
    if (!failed) continue;
    std::error_code ignored;
    for (std::size_t j = 0; j < i; ++j) {
      const fs::path earlier = made / ("earlier-" + files[j]);
      if (is_there(earlier))
        fs::rename(earlier, output / files[j], ignored);
      else
        fs::remove(output / files[j], ignored);
    }
    return cannot_write(output / files[i], failed);
  }
  return {};
}

}  // namespace effnet
