// Which step to work on next: time goes where it pays.
#pragma once

#include <vector>

namespace effnet {

// What is known of the gains on one step.
class Prospects {
 public:
  // One generation took `seconds` and made the step faster by the share `gain` (0: by nothing).
  void add(double gain, double seconds);
  void exhaust() { exhausted_ = true; }
  bool exhausted() const { return exhausted_; }
  // Several generations in a row found nothing.
  bool settled() const { return exhausted_ || without_gain_ >= 6; }
  int generations() const { return generations_; }
  double seconds() const { return seconds_; }  // of a generation
  // Share of the step's time that the next generation is expected to gain, per second of work.
  double rate() const { return exhausted_ ? 0 : expected_gain_ / seconds_; }

 private:
  double expected_gain_ = 0.1;  // hopeful at first, so that every step gets its turn
  double seconds_ = 3;          // of a generation
  int generations_ = 0, without_gain_ = 0;
  bool exhausted_ = false;
};

// The index with the largest weight * rate; -1 when every step is exhausted.
int most_promising(const std::vector<Prospects>& steps, const std::vector<double>& weights);

}  // namespace effnet
