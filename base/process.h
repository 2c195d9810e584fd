// Runs a program and waits for it.
#pragma once

#include <string>
#include <vector>

#include "base/status.h"

namespace effnet {

struct ProcessResult {
  int exit_status = 0;  // 128 + signal when it was ended by one
  std::string errors;   // what it wrote to stderr, at most 64 KiB
};

// `arguments[0]` is looked for in PATH unless it has a slash. stdin and stdout are /dev/null. `folder`: where
// it runs; may be empty. A run of more than `seconds` is killed and an error.
Result<ProcessResult> run_process(const std::vector<std::string>& arguments, const std::string& folder,
                                  int seconds);

// The value of an environment variable; empty when it is not set.
std::string environment_variable(const char* name);

// The running program's own path.
std::string own_path();

}  // namespace effnet
