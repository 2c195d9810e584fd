#include "pipeline/depfile.h"

#include <filesystem>
#include <string_view>

#include "base/process.h"
#include "base/text.h"
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

// Make gives these a meaning of its own that nothing takes away; and to '%' in an output's path.
bool is_control(char c) { return c >= 0 && c < ' '; }

Status check(const std::string& path, bool is_output) {
  const std::string_view special = is_output ? "\\;=|%" : "\\;=|";
  for (const char c : path)
    if (is_control(c) || special.find(c) != special.npos)
      return Status::error("--depfile: make cannot read " + in_quotes(path) + " because of " +
                           (is_control(c) ? "a control character" : in_quotes(std::string(1, c))) +
                           " in it; another folder or name is needed");
  // A space there is cut off, a parenthesis marks a member of an archive.
  if (path.ends_with(' ') || path.ends_with(')'))
    return Status::error("--depfile: make cannot read " + in_quotes(path) + " because of its last character");
  return {};
}

// What make, Ninja and CMake read as the path.
std::string escaped(const std::string& path) {
  std::string text;
  for (const char c : path) {
    if (c == ' ' || c == '#' || c == ':') text += '\\';
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
  if (!request.calibration.empty()) inputs.push_back(request.calibration);
  for (const std::string& folder : row_folders(request))
    for (const CpuTarget& target : request.targets) add_rows(inputs, folder, target.name);
  for (std::string& input : inputs) input = fs::absolute(input).lexically_normal().string();
  return inputs;
}

Result<std::string> depfile_text(const std::string& output, const std::vector<std::string>& inputs) {
  if (Status status = check(output, true); !status) return status;
  for (const std::string& input : inputs)
    if (Status status = check(input, false); !status) return status;
  std::string text = escaped(output) + ":";
  for (const std::string& input : inputs) text += " \\\n  " + escaped(input);
  return text + "\n";
}

}  // namespace effnet
