// How well estimates rank candidates that were measured.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "autotune/estimator.h"
#include "autotune/tuner.h"

namespace effnet {

// Spearman's: the correlation of the ranks, equal values sharing theirs. 0 for fewer than two values.
double rank_correlation(const std::vector<double>& a, const std::vector<double>& b);

struct ComparedCandidate {
  Numbers schedule;
  double ratio;  // of its measured time to the default's
  Estimate estimate;
};

struct StepComparison {
  std::string step, operation;
  std::vector<ComparedCandidate> candidates;
  double correlation = 0;
  // Measured: the best one, and the one with the best estimate.
  double best = 1, best_by_estimate = 1;
};

// The candidates of the request's steps that all logs have of this machine, against estimates of the request's
// CPU. Logs are repeated measurements: the median counts. An estimate that cannot be made is an error.
// `progress`: done, total.
Result<std::vector<StepComparison>> compare_estimates(const TuneRequest& request,
                                                      const std::vector<std::string>& logs,
                                                      const std::function<void(int, int)>& progress);

}  // namespace effnet
