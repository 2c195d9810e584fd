// Runs a program and waits for it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/status.h"

namespace effnet {

struct ProcessOptions {
  std::string folder;             // where it runs; may be empty
  double seconds = 600;           // then it and what it started are killed
  std::int64_t memory_bytes = 0;  // of address space; 0: no limit
  bool wants_output = false;      // else stdout is /dev/null
};

struct ProcessResult {
  int exit_status = 0;          // 128 + signal when it was ended by one
  bool in_time = true;          // false: killed
  std::string output, errors;   // what it wrote to stdout and stderr, the last 64 KiB of each
  std::int64_t peak_bytes = 0;  // of memory
};

// `arguments[0]` is looked for in PATH unless it has a slash. stdin is /dev/null. An error: it cannot be
// started.
Result<ProcessResult> run_process(const std::vector<std::string>& arguments, const ProcessOptions& options);

// The same, where taking too long is an error too.
Result<ProcessResult> run_process(const std::vector<std::string>& arguments, const std::string& folder,
                                  int seconds);

// How a shell runs `command` with a file: {} stands for its path, which else comes behind it.
std::vector<std::string> shell_command(const std::string& command, const std::string& path);

// The value of an environment variable; empty when it is not set.
std::string environment_variable(const char* name);

// "AMD EPYC 9R14 (family 25, model 17)", as the system calls this machine's CPU, or "unknown". Virtual
// machines call CPUs of several generations "AMD EPYC"; their numbers differ.
std::string cpu_model();

// The running program's own path.
std::string own_path();

// A path that stands for the running program, also when another one has taken its file's place.
inline constexpr const char* running_program = "/proc/self/exe";

}  // namespace effnet
