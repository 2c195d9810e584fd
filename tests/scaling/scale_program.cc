#include "tests/scaling/scale_program.h"

#include <algorithm>
#include <cstdlib>

#include "tests/catch.h"

namespace effnet::test {

ProcessResult scale(const std::vector<std::string>& arguments, const ProcessOptions& options) {
  std::vector<std::string> command = {EFFNETC, "scale"};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return run_program(command, options);
}

std::string must_scale(const std::vector<std::string>& arguments, int error_lines) {
  const ProcessResult result = scale(arguments);
  INFO(result.error);
  REQUIRE(result.status == 0);
  CHECK(std::count(result.error.begin(), result.error.end(), '\n') == error_lines);
  return result.out;
}

std::string golden_text(const std::string& file, const std::string& actual) {
  const std::string path = EFFNET_SOURCE_DIR "/tests/data/scale/" + file;
  if (std::getenv("EFFNET_UPDATE_GOLDEN") != nullptr) write_file(path, actual);
  return read_file(path);
}

}  // namespace effnet::test
