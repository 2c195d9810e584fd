// A progress bar on stderr, for people: drawn only when stderr is a terminal.
#pragma once

#include <chrono>
#include <string>
#include <utility>

namespace effnet {

class Progress {
 public:
  // `what` stands before the bar: "compile". `total` counts whatever advance() counts.
  Progress(std::string what, double total);
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress() { clear(); }

  void advance(double amount = 1);
  void note(std::string text) { note_ = std::move(text); }  // stands behind the bar from the next drawing on
  void clear();  // takes the bar away, so that a message can be printed; the next advance() draws it again

 private:
  using Clock = std::chrono::steady_clock;
  void draw(Clock::time_point now);
  std::string what_, note_;
  double total_, done_ = 0;
  bool terminal_, drawn_ = false;
  Clock::time_point start_, last_drawn_;
};

}  // namespace effnet
