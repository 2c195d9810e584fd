#include "pipeline/depfile.h"

#include <filesystem>

#include "base/process.h"
#include "generators/operator.h"
#include "pipeline/library.h"

namespace effnet {

namespace fs = std::filesystem;

namespace {

bool is_there(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

void add_rows(std::vector<std::string>& inputs, const fs::path& folder, const std::string& target) {
  for (const Operator& op : operators())
    if (const fs::path file = folder / target / (op.name + ".rows"); is_there(file))
      inputs.push_back(file.string());
  for (const fs::path& place : {folder / target, folder}) {
    if (!is_there(place)) continue;
    inputs.push_back(place.string());
    return;
  }
}

// Spaces and the characters that make and Ninja read otherwise.
std::string escaped(const std::string& path) {
  std::string text;
  for (const char c : path) {
    if (c == ' ' || c == '#' || c == '\\') text += '\\';
    if (c == '$') text += '$';
    text += c;
  }
  return text;
}

}  // namespace

std::vector<std::string> library_inputs(const LibraryRequest& request) {
  std::vector<std::string> inputs = {own_path()};
  for (const char* header : {"effnet.h", "effnet_program.h"})
    inputs.push_back(installed("include/") + header);
  if (request.shared) inputs.push_back(installed("lib/libeffnet.a"));
  if (!request.network_file.empty()) inputs.push_back(request.network_file);
  if (!request.embed.empty()) inputs.push_back(request.embed);
  for (const std::string& folder : row_folders(request))
    for (const CpuTarget& target : request.targets) add_rows(inputs, folder, target.name);
  for (std::string& input : inputs) input = fs::absolute(input).lexically_normal().string();
  return inputs;
}

std::string depfile_text(const std::string& output, const std::vector<std::string>& inputs) {
  std::string text = escaped(output) + ":";
  for (const std::string& input : inputs) text += " \\\n  " + escaped(input);
  return text + "\n";
}

}  // namespace effnet
