#include "autotune/compare.h"

#include <algorithm>
#include <cmath>
#include <mutex>
#include <numeric>
#include <optional>

#include "autotune/estimated_contest.h"
#include "base/parallel.h"
#include "base/process.h"
#include "generators/compile.h"

namespace effnet {

namespace {

std::vector<double> ranks(const std::vector<double>& values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  std::vector<double> result(values.size());
  for (std::size_t begin = 0; begin < order.size();) {
    std::size_t end = begin;
    while (end < order.size() && values[order[end]] == values[order[begin]]) ++end;
    for (std::size_t i = begin; i < end; ++i) result[order[i]] = static_cast<double>(begin + end - 1) / 2;
    begin = end;
  }
  return result;
}

StepComparison compared(const StepState& s, std::vector<ComparedCandidate> candidates) {
  StepComparison result{s.step.name, s.step.operation, std::move(candidates), 0, 1, 1};
  std::vector<double> measured, estimated;
  for (const ComparedCandidate& c : result.candidates) {
    measured.push_back(c.ratio);
    estimated.push_back(c.estimate.cycles());
  }
  if (measured.empty()) return result;
  result.correlation = rank_correlation(measured, estimated);
  result.best = *std::min_element(measured.begin(), measured.end());
  result.best_by_estimate =
      measured[std::min_element(estimated.begin(), estimated.end()) - estimated.begin()];
  return result;
}

}  // namespace

double rank_correlation(const std::vector<double>& a, const std::vector<double>& b) {
  const std::vector<double> x = ranks(a), y = ranks(b);
  if (x.size() != y.size() || x.size() < 2) return 0;
  const double mean = static_cast<double>(x.size() - 1) / 2;
  double xy = 0, xx = 0, yy = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    xy += (x[i] - mean) * (y[i] - mean);
    xx += (x[i] - mean) * (x[i] - mean);
    yy += (y[i] - mean) * (y[i] - mean);
  }
  return xx > 0 && yy > 0 ? xy / std::sqrt(xx * yy) : 0;
}

Result<std::vector<StepComparison>> compare_estimates(const TuneRequest& request, const std::string& log,
                                                      const std::function<void(int, int)>& progress) {
  TuneState state;
  if (Status status = add_steps(request, state); !status) return status;
  Result<TuningLog> known = TuningLog::open(log);
  if (!known) return known.status();
  const Result<Estimator> estimator = estimator_of(request);
  if (!estimator) return estimator.status();
  const LogContext context{cpu_model(), request.target.name, halide_version(), request.threads};
  std::vector<StepComparison> comparisons;
  for (const StepState& s : state.steps) {
    Result<std::vector<LogEntry>> entries = known->read(context, s.step.operation, s.step.problem);
    if (!entries) return entries.status();
    std::erase_if(*entries, [](const LogEntry& e) { return e.outcome != Outcome::measured; });
    const int total = static_cast<int>(entries->size());
    std::vector<std::optional<Result<Estimate>>> estimates(entries->size());
    std::mutex mutex;
    int done = 0;
    parallel_for(request.jobs.jobs, total, [&](int i) {
      estimates[i] = estimate_step(*estimator, state, s, (*entries)[i].schedule);
      const std::lock_guard lock(mutex);
      if (progress) progress(++done, total);
    });
    std::vector<ComparedCandidate> candidates;
    for (std::size_t i = 0; i < estimates.size(); ++i) {
      const Result<Estimate>& estimate = *estimates[i];
      if (!estimate)
        return Status::error(s.step.name + ", schedule " + to_text((*entries)[i].schedule) + ": " +
                             estimate.message());
      candidates.push_back({(*entries)[i].schedule, (*entries)[i].ratio, *estimate});
    }
    if (candidates.size() > 1) comparisons.push_back(compared(s, std::move(candidates)));
  }
  if (comparisons.empty())
    return Status::error(log + " has no candidates of these steps that were measured on this machine ('" +
                         context.cpu + "') for target '" + request.target.name + "'");
  return comparisons;
}

}  // namespace effnet
