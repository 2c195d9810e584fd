#include "autotune/compare.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <mutex>
#include <numeric>

#include "autotune/estimated_contest.h"
#include "base/parallel.h"
#include "base/process.h"
#include "base/statistics.h"
#include "base/text.h"
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

// Of a step: what all logs have, with the median of their ratios.
Result<std::vector<ComparedCandidate>> measured_candidates(std::vector<TuningLog>& logs,
                                                           const LogContext& context,
                                                           const TuningStep& step) {
  std::map<Numbers, std::vector<double>> ratios;
  for (TuningLog& log : logs) {
    const Result<std::vector<LogEntry>> entries = log.read(context, step.operation, step.problem);
    if (!entries) return entries.status();
    for (const LogEntry& e : *entries)
      if (e.outcome == Outcome::measured) ratios[e.schedule].push_back(e.ratio);
  }
  std::vector<ComparedCandidate> candidates;
  for (const auto& [schedule, of_logs] : ratios)
    if (of_logs.size() == logs.size()) candidates.push_back({schedule, median(of_logs), {}});
  return candidates;
}

using Estimation = std::function<Result<Estimate>(const Numbers& schedule)>;

Result<std::vector<ComparedCandidate>> with_estimates(std::vector<ComparedCandidate> candidates, int jobs,
                                                      const std::function<void(int, int)>& progress,
                                                      const Estimation& estimate) {
  const int total = static_cast<int>(candidates.size());
  std::vector<Status> failures(candidates.size());
  std::mutex mutex;
  int done = 0;
  parallel_for(jobs, total, [&](int i) {
    const Result<Estimate> estimated = estimate(candidates[i].schedule);
    if (estimated)
      candidates[i].estimate = *estimated;
    else
      failures[i] = estimated.status();
    const std::lock_guard lock(mutex);
    if (progress) progress(++done, total);
  });
  for (int i = 0; i < total; ++i)
    if (!failures[i].ok())
      return Status::error("schedule " + to_text(candidates[i].schedule) + ": " + failures[i].message());
  return candidates;
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

Result<std::vector<StepComparison>> compare_estimates(const TuneRequest& request,
                                                      const std::vector<std::string>& logs,
                                                      const std::function<void(int, int)>& progress) {
  TuneState state;
  if (Status status = add_steps(request, state); !status) return status;
  std::vector<TuningLog> known;
  for (const std::string& path : logs) {
    Result<TuningLog> log = TuningLog::open(path);
    if (!log) return log.status();
    known.push_back(*std::move(log));
  }
  const Result<Estimator> estimator = estimator_of(request);
  if (!estimator) return estimator.status();
  const LogContext context{cpu_model(), request.target.name, halide_version(), request.threads};
  std::vector<StepComparison> comparisons;
  for (const StepState& s : state.steps) {
    const Result<std::vector<ComparedCandidate>> measured = measured_candidates(known, context, s.step);
    if (!measured) return measured.status();
    Result<std::vector<ComparedCandidate>> candidates = with_estimates(
        *measured, request.jobs.jobs, progress,
        [&](const Numbers& schedule) { return estimate_step(*estimator, state, s, schedule); });
    if (!candidates) return Status::error(s.step.name + ", " + candidates.message());
    if (candidates->size() > 1) comparisons.push_back(compared(s, *std::move(candidates)));
  }
  if (comparisons.empty())
    return Status::error(join(logs, ", ") +
                         ": no candidates of these steps that were measured on this machine ('" +
                         context.cpu + "') for target '" + request.target.name + "'");
  return comparisons;
}

}  // namespace effnet
