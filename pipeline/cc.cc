#include "pipeline/cc.h"

#include <filesystem>
#include <iterator>
#include <sstream>

#include "base/process.h"

namespace effnet {

namespace {

constexpr int most_seconds = 300;

std::vector<std::string> words(const std::string& text) {
  std::istringstream stream(text);
  return {std::istream_iterator<std::string>(stream), {}};
}

// aarch64-linux-gnu-gcc is for one target, clang for all; any other is told too, so that it refuses.
bool takes_target_flags(const std::string& compiler) {
  return std::filesystem::path(compiler).filename().string().find("-gcc") == std::string::npos;
}

// The line that says what is wrong: compilers may begin with how a file came to be included.
std::string first_error(const std::string& text) {
  std::istringstream lines(text);
  std::string first;
  for (std::string line; std::getline(lines, line);) {
    if (line.find("error") != std::string::npos) return line;
    if (first.empty()) first = line;
  }
  return first.empty() ? "it printed no reason" : first;
}

}  // namespace

Status run_cc(const CCompiler& cc, const CpuTarget& target, const std::string& folder,
              const std::vector<std::string>& arguments) {
  const bool crossing = target.is_foreign();
  std::vector<std::string> command = words(cc.value_or(crossing ? "clang" : "cc"));
  if (command.empty())
    return Status::error("--cc is empty; the C compiler's name is needed, such as cc or clang");
  // It runs in another folder than the one that a relative path means.
  if (command[0].find('/') != std::string::npos) command[0] = std::filesystem::absolute(command[0]).string();
  if (crossing && takes_target_flags(command[0]))
    for (const std::string& word : words(target.c_flags)) command.push_back(word);
  command.insert(command.end(), arguments.begin(), arguments.end());
  Result<ProcessResult> run = run_process(command, folder, most_seconds);
  if (!run) return run.status();
  if (run->exit_status == 0) return {};
  return Status::error(command[0] + " failed with status " + std::to_string(run->exit_status) + ": " +
                       first_error(run->errors) +
                       (crossing ? " (another machine's C is compiled with --cc clang)" : ""));
}

}  // namespace effnet
