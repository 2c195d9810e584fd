#include "tests/pipeline/effnetc_program.h"

#include <algorithm>
#include <filesystem>
#include <sstream>

#include "tests/catch.h"

namespace effnet::test {

std::vector<std::string> small_command(const std::string& folder, const std::vector<std::string>& more) {
  std::vector<std::string> command = {EFFNETC, "compile",     "tf_efficientnet_lite0",
                                      "-o",    folder,        "--resolution",
                                      "64",    "--cache-dir", EFFNET_BINARY_DIR "/tests/kernels"};
  command.insert(command.end(), more.begin(), more.end());
  return command;
}

ProcessResult compile_small(const std::string& folder, const std::vector<std::string>& more) {
  return run_program(small_command(folder, more));
}

void must_compile(const std::string& folder, const std::vector<std::string>& more) {
  const ProcessResult result = compile_small(folder, more);
  INFO(result.error);
  REQUIRE(result.status == 0);
}

std::vector<std::string> names_in(const std::string& folder) {
  std::vector<std::string> names;
  std::error_code missing;
  for (const auto& entry : std::filesystem::directory_iterator(folder, missing))
    names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

}  // namespace effnet::test
