#include "tasks/labelled_folder.h"

#include <algorithm>
#include <filesystem>

#include "base/files.h"
#include "base/text.h"
#include "pictures/arguments.h"

namespace effnet {
namespace {

namespace fs = std::filesystem;

Status cannot_read(const std::string& folder, const std::error_code& error) {
  return Status::error("cannot read the folder " + in_quotes(folder) + ": " + error.message());
}

Result<std::vector<std::string>> class_names(const std::string& folder) {
  std::vector<std::string> names;
  std::error_code error, ignored;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error))
    if (!is_hidden(entry->path()) && entry->is_directory(ignored))
      names.push_back(entry->path().filename().string());
  if (error) return cannot_read(folder, error);
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

Result<LabelledFolder> read_labelled_folder(const std::string& folder) {
  Result<std::vector<std::string>> names = class_names(folder);
  if (!names) return names.status();
  if (names->empty())
    return Status::error("no class folders in " + in_quotes(folder) + ": pictures are expected as " + folder +
                         "/<class>/*.png");
  LabelledFolder out;
  out.classes = *std::move(names);
  for (std::size_t label = 0; label < out.classes.size(); ++label) {
    const std::string& name = out.classes[label];
    if (name != in_one_line(name))
      return Status::error("the class folder " + in_quotes(name) + " has a control character in its name");
    const Result<std::vector<std::string>> pictures = pictures_in((fs::path(folder) / name).string());
    if (!pictures) return pictures.status();
    out.pictures.insert(out.pictures.end(), pictures->begin(), pictures->end());
    out.labels.resize(out.pictures.size(), static_cast<int>(label));
  }
  return out;
}

}  // namespace effnet
