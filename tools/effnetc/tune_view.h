// What `effnetc tune` shows: while it works on stderr, at the end on stdout.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "autotune/tuner.h"

namespace effnet {

// A table that is drawn again and again on a terminal; elsewhere a line when a step became faster.
class TuneView {
 public:
  TuneView();
  void show(const TuneState& state);
  void say(const std::string& line);
  void clear();

 private:
  using Clock = std::chrono::steady_clock;
  void draw(const TuneState& state);
  void print_news(const TuneState& state);

  bool terminal_;
  int drawn_lines_ = 0;
  Clock::time_point last_drawn_;
  std::vector<double> told_;  // of each step, the gain that was printed last
};

std::string tune_tables(const TuneState& state, const TuneRequest& request);
std::string tune_json(const TuneState& state, const TuneRequest& request);

}  // namespace effnet
