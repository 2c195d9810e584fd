// Runs a program from a test, as a user's shell would.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace effnet::test {

struct ProcessOptions {
  std::filesystem::path folder{};                                  // where it runs; empty: the test's own
  std::vector<std::pair<std::string, std::string>> environment{};  // set besides the test's own
  std::filesystem::path standard_output{};  // where stdout goes ("/dev/full"); empty: into ProcessResult::out
  std::uint64_t address_space = 0;          // bytes; 0: no limit (AddressSanitizer needs that)
  unsigned seconds = 600;                   // then it is ended by SIGALRM
};

struct ProcessResult {
  int status = -1;         // the exit status; 128 + number when a signal ended it
  std::string out, error;  // all of stdout and stderr
};

// `arguments[0]` is the program: a path, or a name that is looked for in PATH. What cannot be started has
// status 127 and says why in `error`.
ProcessResult run_program(const std::vector<std::string>& arguments, const ProcessOptions& options = {});

}  // namespace effnet::test
