#include "base/unfinished.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <mutex>
#include <set>
#include <thread>

namespace effnet {

namespace {

struct Unfinished {
  std::set<std::string> paths, new_folders;
  std::set<pid_t> children;
};

std::mutex mutex;
std::atomic<bool> polite{false}, asked{false};
// Never destroyed: the waiting thread may outlive static objects.
Unfinished& unfinished() {
  static auto* all = new Unfinished;
  return *all;
}

bool has_ended(pid_t child) {
  siginfo_t info = {};
  return waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
         info.si_pid == child;
}

// Asks first: a C compiler has temporary files of its own.
void end_children(const std::set<pid_t>& children) {
  constexpr int most_waits = 200;
  for (const pid_t child : children) kill(-child, SIGTERM);
  for (int i = 0; i < most_waits && !std::all_of(children.begin(), children.end(), has_ended); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  for (const pid_t child : children) {
    kill(-child, SIGKILL);
    waitpid(child, nullptr, 0);  // who inherits it may not do that (a container's first process)
  }
}

void remove_all_unfinished() {
  std::error_code ignored;
  for (const std::string& path : unfinished().paths) std::filesystem::remove_all(path, ignored);
  const std::set<std::string>& folders = unfinished().new_folders;
  std::for_each(folders.rbegin(), folders.rend(),  // inner ones first
                [&](const std::string& folder) { std::filesystem::remove(folder, ignored); });
}

}  // namespace

void add_unfinished(const std::string& path) {
  const std::lock_guard lock(mutex);
  unfinished().paths.insert(path);
}

void remove_unfinished(const std::string& path) {
  const std::lock_guard lock(mutex);
  unfinished().paths.erase(path);
}

void add_new_folder(const std::string& path) {
  const std::lock_guard lock(mutex);
  unfinished().new_folders.insert(path);
}

void remove_new_folder(const std::string& path) {
  const std::lock_guard lock(mutex);
  unfinished().new_folders.erase(path);
}

pid_t start_child(const std::function<pid_t()>& start) {
  const std::lock_guard lock(mutex);
  const pid_t child = start();
  if (child > 0) unfinished().children.insert(child);
  return child;
}

void remove_child(pid_t child) {
  const std::lock_guard lock(mutex);
  unfinished().children.erase(child);
}

void clean_up_on_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction action = {};
    if (sigaction(signal, nullptr, &action) == 0 && action.sa_handler != SIG_IGN) sigaddset(&signals, signal);
  }
  if (pthread_sigmask(SIG_BLOCK, &signals, nullptr) != 0) return;
  // A thread of its own may do what a signal handler may not: lock, allocate, walk folders. It keeps the lock
  // to the end, so that no other thread reports or begins anything any more.
  std::thread([signals] {
    int signal = 0;
    do {
      if (sigwait(&signals, &signal) != 0) return;
    } while (polite && !asked.exchange(true));
    const std::lock_guard lock(mutex);
    end_children(unfinished().children);
    remove_all_unfinished();
    _exit(128 + signal);
  }).detach();
}

void ask_before_ending() { polite = true; }
bool asked_to_end() { return asked; }

}  // namespace effnet
