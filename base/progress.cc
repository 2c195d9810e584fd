#include "base/progress.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <utility>

namespace effnet {

Progress::Progress(std::string what, double total)
    : what_(std::move(what)), total_(total), terminal_(::isatty(STDERR_FILENO) == 1), start_(Clock::now()) {}

void Progress::advance(double amount) {
  done_ = std::min(done_ + amount, total_);
  if (!terminal_ || total_ <= 0) return;
  const Clock::time_point now = Clock::now();
  // Ten times a second is enough for eyes, and costs nothing.
  if (drawn_ && now - last_drawn_ < std::chrono::milliseconds(100) && done_ < total_) return;
  draw(now);
}

void Progress::draw(Clock::time_point now) {
  constexpr int width = 30;
  const double part = done_ / total_;
  const auto filled = static_cast<std::size_t>(part * width);
  const std::string bar = std::string(filled, '#') + std::string(width - filled, '.');
  const double passed = std::chrono::duration<double>(now - start_).count();
  const double left = done_ > 0 ? passed * (total_ - done_) / done_ : 0;
  std::fprintf(stderr, "\r%s [%s] %3.0f %%, %.0f s left %s\x1b[K", what_.c_str(), bar.c_str(), 100 * part,
               left, note_.c_str());
  std::fflush(stderr);
  drawn_ = true;
  last_drawn_ = now;
}

void Progress::clear() {
  if (!drawn_) return;
  std::fputs("\r\x1b[K", stderr);
  std::fflush(stderr);
  drawn_ = false;
}

}  // namespace effnet
