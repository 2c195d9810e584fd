#include "autotune/estimated_contest.h"

#include <optional>

#include "base/parallel.h"
#include "base/unfinished.h"

namespace effnet {

Result<Estimator> estimator_of(const TuneRequest& request) {
  Result<CpuModel> cpu = find_cpu_model(request.cpu, request.target);
  if (!cpu) return cpu.status();
  JobOptions jobs = request.jobs;
  jobs.seconds = 60;
  jobs.memory_bytes = request.memory_bytes;
  return Estimator::create(request.target, *cpu, jobs);
}

Result<Estimate> estimate_step(const Estimator& estimator, const TuneState& state, const StepState& s,
                               const Numbers& schedule) {
  const Result<StepLayout> layout = layout_of(s.step, schedule, state.networks[s.step.network], state.target);
  return layout ? estimator.estimate(*layout) : layout.status();
}

Status EstimatedContest::find_machine() {
  state_.context.cpu = estimator_.cpu().name + " (estimated)";  // not mixed up with what was measured there
  return {};
}

Status EstimatedContest::judge_defaults(const std::vector<StepState*>& steps) {
  std::vector<std::optional<Result<Estimate>>> estimates(steps.size());
  parallel_for(jobs_, static_cast<int>(steps.size()), [&](int i) {
    estimates[i] = estimate_step(estimator_, state_, *steps[i], steps[i]->default_schedule);
  });
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const Result<Estimate>& estimate = *estimates[i];
    Status status = estimate ? accept_default(*steps[i], estimator_.nanoseconds(*estimate))
                             : refuse_default(*steps[i], {Outcome::not_compiled, {}, estimate.message()});
    if (!status) return status;
  }
  return {};
}

Status EstimatedContest::judge_candidates(const std::vector<Candidate>& candidates, int /*first_runs*/) {
  std::vector<std::optional<Result<Estimate>>> estimates(candidates.size());
  parallel_for(jobs_, static_cast<int>(candidates.size()), [&](int i) {
    const Candidate& c = candidates[i];
    if (!asked_to_end()) estimates[i] = estimate_step(estimator_, state_, *c.step, c.schedule);
  });
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    if (!estimates[i]) continue;
    StepState& s = *candidates[i].step;
    if (Status status = record(s, candidates[i].schedule, *estimates[i]); !status) return status;
    s.best = *s.search->best();
    s.ratio = s.search->best_cost();
  }
  listener_.changed(state_);
  return {};
}

Status EstimatedContest::record(StepState& s, const Numbers& schedule, const Result<Estimate>& estimate) {
  s.count();
  if (!estimate) return fail(s, schedule, {Outcome::not_compiled, {}, estimate.message()});
  const double nanoseconds = estimator_.nanoseconds(*estimate);
  return store(s, schedule, nanoseconds / s.default_nanoseconds, nanoseconds);
}

// The same code has the same estimate: nothing is to be repeated.
void EstimatedContest::verify(StepState& s, int /*runs*/) {
  if (s.ratio < worthwhile_ratio) return;
  s.best = s.default_schedule;
  s.ratio = 1;
  listener_.changed(state_);
}

}  // namespace effnet
