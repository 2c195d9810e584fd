// The value of a network for an objective.
#pragma once

#include <functional>

#include "scaling/latency.h"
#include "scaling/objective.h"

namespace effnet {

struct EvaluationOptions {
  LatencyOptions latency;          // baseline, target and schedules are used for the other objectives, too
  std::string cache_dir;           // empty: ~/.cache/effnet, as for kernels
  double command_seconds = 86400;  // a command may take
  // Values cannot be written into the cache, which loses nothing but time; called once.
  std::function<void(const Status&)> not_kept = {};
};

class Evaluator {
 public:
  static Result<Evaluator> create(EvaluationOptions options);

  // Multiply-adds, parameters, bytes, milliseconds (a predicted latency), a latency's ratio to the baseline, or a score.
  Result<double> value(const Objective& objective, const NetworkConfig& config);
  // Whether value() only has to look it up or to compute it.
  Result<bool> is_quick(const Objective& objective, const NetworkConfig& config) const;

  // Of the baseline, the least of all measurements whose value was asked for; 0: none was.
  double baseline_milliseconds() const { return baseline_milliseconds_; }
  // How the predictions were made: the least share of a network's multiply-adds that has rows of its own shape.
  double exact_share() const { return exact_share_; }
  const std::string& cache() const { return store_.folder(); }

 private:
  Evaluator(EvaluationOptions options, ValueStore store, ScheduleRows rows);
  Result<Plan> plan(const NetworkConfig& config) const;
  Result<double> predicted(const NetworkConfig& config);
  Result<double> latency(const NetworkConfig& config);
  Result<double> score(const std::string& command, const NetworkConfig& config);
  void tell(const Status& kept);

  EvaluationOptions options_;
  ValueStore store_;
  ScheduleRows rows_;
  LatencyMeter meter_;
  double baseline_milliseconds_ = 0, exact_share_ = 1;
  bool told_ = false;  // that values cannot be kept
};

// The number in the last line of a command's output.
Result<double> parse_score(const std::string& output);

}  // namespace effnet
