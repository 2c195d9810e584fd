#include "pictures/arguments.h"

#include <glob.h>

#include <algorithm>
#include <filesystem>
#include <string_view>

#include "base/files.h"
#include "base/text.h"
#include "pictures/read.h"

namespace effnet {
namespace {

namespace fs = std::filesystem;

bool has_picture_suffix(const fs::path& path) {
  const std::string suffix = in_lower_case(path.extension().string());
  return suffix == ".png" || suffix == ".jpg" || suffix == ".jpeg";
}

bool is_folder(const std::string& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored);
}

bool exists(const std::string& path) {
  std::error_code ignored;
  return fs::exists(fs::symlink_status(path, ignored));
}

std::vector<std::string> matches(const std::string& pattern) {
  glob_t found = {};
  std::vector<std::string> paths;
  if (glob(pattern.c_str(), 0, nullptr, &found) == 0)
    paths.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  globfree(&found);
  std::sort(paths.begin(), paths.end());  // not in the order of the user's language
  return paths;
}

// Gathers what arguments name.
class Finder {
 public:
  void add(const std::string& argument) {
    if (argument == "-") return add_standard_input();
    if (exists(argument) || argument.find_first_of("*?[") == std::string::npos) return add_path(argument);
    const std::vector<std::string> paths = matches(argument);
    if (paths.empty()) return fail(argument + ": no file has a name like this");
    for (const std::string& path : paths) add_path(path);
  }

  PictureFiles take() { return std::move(found_); }

 private:
  void fail(const std::string& message) { found_.failures.push_back(Status::error(message)); }

  void add_path(const std::string& path) {
    if (!is_folder(path)) return found_.files.push_back({path});
    const Result<std::vector<std::string>> paths = pictures_in(path);
    if (!paths) return found_.failures.push_back(paths.status());
    for (const std::string& file : *paths) found_.files.push_back({file});
  }

  void add_standard_input() {
    if (std::exchange(standard_input_read_, true)) return fail("-: standard input can be read only once");
    Result<std::vector<std::byte>> bytes = read_stream(stdin, false, "-");
    if (!bytes) return found_.failures.push_back(bytes.status());
    const std::string_view text(reinterpret_cast<const char*>(bytes->data()), bytes->size());
    if (text.find_first_not_of("\r\n") == std::string_view::npos)
      return fail("-: standard input is empty; expected is a PNG or JPEG picture, or paths, one a line");
    const bool binary = text.find('\0') != std::string_view::npos;
    if (binary || is_picture(*bytes))
      found_.files.push_back({"-", std::make_shared<const std::vector<std::byte>>(*std::move(bytes))});
    else
      add_lines(text);
  }

  void add_lines(std::string_view text) {
    while (!text.empty()) {
      std::string_view line = text.substr(0, text.find('\n'));
      text.remove_prefix(std::min(text.size(), line.size() + 1));
      if (line.ends_with('\r')) line.remove_suffix(1);
      if (!line.empty()) add_path(std::string(line));
    }
  }

  PictureFiles found_;
  bool standard_input_read_ = false;
};

}  // namespace

PictureFiles find_pictures(const std::vector<std::string>& arguments) {
  Finder finder;
  for (const std::string& argument : arguments) finder.add(argument);
  return finder.take();
}

Result<std::vector<std::string>> pictures_in(const std::string& folder) {
  std::vector<std::string> paths;
  std::error_code error, ignored;
  auto entry = fs::recursive_directory_iterator(folder, error);
  for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    if (is_hidden(entry->path())) {
      entry.disable_recursion_pending();
    } else if (has_picture_suffix(entry->path()) && !entry->is_directory(ignored)) {
      paths.push_back(entry->path().string());
    }
  }
  if (error) return Status::error(folder + ": cannot be read: " + error.message());
  if (paths.empty()) return Status::error(folder + ": a folder without pictures (.png, .jpg or .jpeg)");
  std::sort(paths.begin(), paths.end());
  return paths;
}

Result<Picture> read_picture(const PictureFile& file) {
  if (file.content == nullptr) return read_picture(file.name);
  return decode_picture(*file.content, file.name);
}

}  // namespace effnet
