#include "base/unfinished.h"

#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <mutex>
#include <set>
#include <thread>

namespace effnet {

namespace {

std::mutex mutex;
std::atomic<bool> polite{false}, asked{false};
// Never destroyed: the waiting thread may outlive static objects.
std::set<std::string>& unfinished() {
  static auto* paths = new std::set<std::string>;
  return *paths;
}

}  // namespace

void add_unfinished(const std::string& path) {
  const std::lock_guard lock(mutex);
  unfinished().insert(path);
}

void remove_unfinished(const std::string& path) {
  const std::lock_guard lock(mutex);
  unfinished().erase(path);
}

void clean_up_on_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&signals, signal);
  if (pthread_sigmask(SIG_BLOCK, &signals, nullptr) != 0) return;
  // A thread of its own may do what a signal handler may not: lock, allocate, walk folders.
  std::thread([signals] {
    int signal = 0;
    do {
      if (sigwait(&signals, &signal) != 0) return;
    } while (polite && !asked.exchange(true));
    const std::lock_guard lock(mutex);
    std::error_code ignored;
    for (const std::string& path : unfinished()) std::filesystem::remove_all(path, ignored);
    _exit(128 + signal);
  }).detach();
}

void ask_before_ending() { polite = true; }
bool asked_to_end() { return asked; }

}  // namespace effnet
