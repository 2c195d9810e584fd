#include "base/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>

#include "base/unfinished.h"

extern char** environ;

namespace effnet {

namespace {

using Clock = std::chrono::steady_clock;

struct Stream {
  int descriptor;  // -1: closed
  std::string* text;
};

// One read; closes the stream at its end.
void read_some(Stream& stream) {
  constexpr std::size_t most = 64 << 10;
  char buffer[4096];
  const ssize_t got = read(stream.descriptor, buffer, sizeof buffer);
  if (got < 0 && errno == EINTR) return;
  if (got <= 0) {
    close(stream.descriptor);
    stream.descriptor = -1;
  } else {
    stream.text->append(buffer, static_cast<std::size_t>(got));
    if (stream.text->size() > most) stream.text->erase(0, stream.text->size() - most);
  }
}

// Waits for its end; the status of wait4().
int wait_for(pid_t child, rusage& usage) {
  siginfo_t ended = {};
  while (waitid(P_PID, static_cast<id_t>(child), &ended, WEXITED | WNOWAIT) != 0 && errno == EINTR) {
  }
  remove_child(child);
  int status = 0;
  while (wait4(child, &status, 0, &usage) < 0 && errno == EINTR) {
  }
  return status;
}

// Reads until the other ends are closed; false when the time is over first.
bool read_all(std::array<Stream, 2>& streams, Clock::time_point end) {
  while (streams[0].descriptor >= 0 || streams[1].descriptor >= 0) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now()).count();
    if (left <= 0) return false;
    std::array<pollfd, 2> waiting{};
    for (std::size_t i = 0; i < 2; ++i) waiting[i] = {streams[i].descriptor, POLLIN, 0};
    if (poll(waiting.data(), waiting.size(), static_cast<int>(std::min<long long>(left, 1000))) <= 0)
      continue;
    for (std::size_t i = 0; i < 2; ++i)
      if (waiting[i].revents != 0) read_some(streams[i]);
  }
  return true;
}

// Closed when it goes out of scope.
struct Pipe {
  int ends[2] = {-1, -1};
  Pipe() = default;
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  ~Pipe() {
    for (const int end : ends)
      if (end >= 0) close(end);
  }
  bool open() { return pipe2(ends, O_CLOEXEC) == 0; }
  int take_reader() { return std::exchange(ends[0], -1); }
  void close_writer() { close(std::exchange(ends[1], -1)); }
};

// 0, or the error that kept it from starting. The child leads a process group of its own, so that all that it
// starts can be killed, and takes signals as a shell would have given them to it, not as this program does.
int spawn(const std::vector<std::string>& arguments, const ProcessOptions& options, const Pipe& output,
          const Pipe& errors, pid_t& child) {
  std::vector<char*> argv;
  argv.reserve(arguments.size() + 1);
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  if (options.wants_output)
    posix_spawn_file_actions_adddup2(&actions, output.ends[1], 1);
  else
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, errors.ends[1], 2);
  if (!options.folder.empty()) posix_spawn_file_actions_addchdir_np(&actions, options.folder.c_str());
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none, defaults;
  sigemptyset(&none);
  sigemptyset(&defaults);
  sigaddset(&defaults, SIGXFSZ);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &defaults);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes,
                           POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  int failure = 0;
  child = start_child([&] {
    pid_t id = 0;
    failure = posix_spawnp(&id, argv[0], &actions, &attributes, argv.data(), environ);
    return failure == 0 ? id : 0;
  });
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  return failure;
}

}  // namespace

Result<ProcessResult> run_process(const std::vector<std::string>& arguments, const ProcessOptions& options) {
  Pipe output, errors;
  if (!output.open() || !errors.open())
    return Status::error(std::string("cannot make a pipe: ") + std::strerror(errno));
  pid_t child = 0;
  if (const int failure = spawn(arguments, options, output, errors, child); failure != 0)
    return Status::error("cannot run " + arguments[0] + ": " + std::strerror(failure));
  if (options.memory_bytes > 0) {
    const rlimit limit{static_cast<rlim_t>(options.memory_bytes), static_cast<rlim_t>(options.memory_bytes)};
    prlimit(child, RLIMIT_AS, &limit, nullptr);  // fails only when the child has ended
  }
  output.close_writer();
  errors.close_writer();

  ProcessResult result;
  std::array<Stream, 2> streams{
      {{output.take_reader(), &result.output}, {errors.take_reader(), &result.errors}}};
  const auto limit =
      std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(options.seconds));
  result.in_time = read_all(streams, Clock::now() + limit);
  for (const Stream& stream : streams)
    if (stream.descriptor >= 0) close(stream.descriptor);
  if (!result.in_time) kill(-child, SIGKILL);
  rusage usage{};
  const int status = wait_for(child, usage);
  result.exit_status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  result.peak_bytes = static_cast<std::int64_t>(usage.ru_maxrss) * 1024;
  return result;
}

Result<ProcessResult> run_process(const std::vector<std::string>& arguments, const std::string& folder,
                                  int seconds) {
  ProcessOptions options;
  options.folder = folder;
  options.seconds = seconds;
  Result<ProcessResult> result = run_process(arguments, options);
  if (result && !result->in_time)
    return Status::error(arguments[0] + " did not end within " + std::to_string(seconds) + " s");
  return result;
}

std::vector<std::string> shell_command(const std::string& command, const std::string& path) {
  std::string quoted = "'";
  for (const char c : path) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  quoted += "'";
  std::string line = command;
  std::size_t at = line.find("{}");
  if (at == std::string::npos) line += " " + quoted;
  for (; at != std::string::npos; at = line.find("{}", at + quoted.size())) line.replace(at, 2, quoted);
  return {"/bin/sh", "-c", line};
}

std::string environment_variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

std::string cpu_model() {
  std::map<std::string, std::string> first;  // of each key: the first processor's
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);)
    if (const std::size_t colon = line.find(": "); colon != std::string::npos)
      first.emplace(line.substr(0, line.find_first_of("\t:")), line.substr(colon + 2));
  for (const char* key : {"model name", "CPU part", "uarch"}) {  // of x86, ARM and RISC-V
    const std::string& name = first[key];
    if (name.empty()) continue;
    const std::string& family = first["cpu family"];
    return family.empty() ? name : name + " (family " + family + ", model " + first["model"] + ")";
  }
  return "unknown";
}

std::string own_path() {
  char path[PATH_MAX];
  const ssize_t length = readlink(running_program, path, sizeof path);
  return length > 0 ? std::string(path, static_cast<std::size_t>(length)) : std::string();
}

}  // namespace effnet
