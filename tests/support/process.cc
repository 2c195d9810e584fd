#include "tests/support/process.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>

namespace effnet::test {
namespace {

using File = std::unique_ptr<std::FILE, decltype(&std::fclose)>;

File scratch_file() { return File(std::tmpfile(), &std::fclose); }

std::string contents(std::FILE* file) {
  std::string text;
  char block[4096];
  std::rewind(file);
  while (const std::size_t got = std::fread(block, 1, sizeof block, file)) text.append(block, got);
  return text;
}

bool limit_memory(std::uint64_t bytes) {
  if (bytes == 0) return true;
  const rlimit limit{bytes, bytes};
  return setrlimit(RLIMIT_AS, &limit) == 0;
}

// In the child. Returns only when the program could not be started.
void become_program(const std::vector<std::string>& arguments, const ProcessOptions& options, int out,
                    int error) {
  std::vector<char*> words;
  for (const std::string& word : arguments) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  const std::string& to = options.standard_output.native();
  if (!to.empty()) out = open(to.c_str(), O_WRONLY | O_CREAT, 0666);
  if (out < 0 || dup2(out, STDOUT_FILENO) < 0 || dup2(error, STDERR_FILENO) < 0) return;
  const int nothing = open("/dev/null", O_RDONLY);
  if (nothing < 0 || dup2(nothing, STDIN_FILENO) < 0) return;
  for (const auto& [name, value] : options.environment) setenv(name.c_str(), value.c_str(), 1);
  if (!options.folder.empty() && chdir(options.folder.c_str()) != 0) return;
  if (!limit_memory(options.address_space)) return;
  alarm(options.seconds);
  execvp(words[0], words.data());
}

}  // namespace

ProcessResult run_program(const std::vector<std::string>& arguments, const ProcessOptions& options) {
  ProcessResult result;
  const File out = scratch_file(), error = scratch_file();
  if (arguments.empty() || !out || !error) {
    result.error = "cannot start a program: no name, or no temporary file";
    return result;
  }
  const pid_t child = fork();
  if (child == 0) {
    become_program(arguments, options, fileno(out.get()), fileno(error.get()));
    dprintf(fileno(error.get()), "cannot start %s: %s\n", arguments[0].c_str(), std::strerror(errno));
    _exit(127);
  }
  int ended = 0;
  while (child > 0 && waitpid(child, &ended, 0) < 0)
    if (errno != EINTR) return result;
  if (child > 0) result.status = WIFEXITED(ended) ? WEXITSTATUS(ended) : 128 + WTERMSIG(ended);
  result.out = contents(out.get());
  result.error = contents(error.get());
  return result;
}

}  // namespace effnet::test
