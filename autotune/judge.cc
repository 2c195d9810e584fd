#include "autotune/judge.h"

#include <limits>

namespace effnet {

namespace {

constexpr double infinite = std::numeric_limits<double>::infinity();

}  // namespace

Status Judge::learn(StepState& s) {
  Result<std::vector<LogEntry>> entries = log_.read(state_.context, s.step.operation, s.step.problem);
  if (!entries) return entries.status();
  for (const LogEntry& e : *entries) {
    if (!s.search->knows(e.schedule)) ++s.tried;
    s.search->report(e.schedule, e.outcome == Outcome::measured ? e.ratio : infinite);
  }
  return {};
}

Result<bool> Judge::claim(const Candidate& candidate) {
  const TuningStep& step = candidate.step->step;
  if (!step.op().check_schedule(step.problem, candidate.schedule).empty()) return false;
  return log_.claim(state_.context, step.operation, step.problem, candidate.schedule);
}

Status Judge::generation(StepState& s, int most) {
  std::vector<Candidate> mine;
  for (const Numbers& point : s.search->propose(most)) {
    const Result<bool> free = claim({&s, point});
    if (!free) return free.status();
    if (*free) mine.push_back({&s, point});
  }
  if (!mine.empty()) return judge_candidates(mine, 1);
  s.prospects.exhaust();
  return {};
}

Status Judge::accept_default(StepState& s, double nanoseconds) {
  s.default_nanoseconds = nanoseconds;
  if (!s.search->knows(s.default_schedule)) s.count();
  s.search->report(s.default_schedule, 1);
  s.best = *s.search->best();  // maybe one of the log's
  s.ratio = s.search->best_cost();
  listener_.changed(state_);
  return log_.write(state_.context, s.step.operation, s.step.problem,
                    {s.default_schedule, Outcome::measured, 1, nanoseconds, ""});
}

Status Judge::refuse_default(StepState& s, const Measurement& m) {
  s.failure = std::string(name_of(m.outcome)) + ": " + m.reason;
  s.prospects.exhaust();
  return fail(s, s.default_schedule, m);
}

Status Judge::store(StepState& s, const Numbers& schedule, double ratio, double nanoseconds) {
  s.search->report(schedule, ratio);
  return log_.write(state_.context, s.step.operation, s.step.problem,
                    {schedule, Outcome::measured, ratio, nanoseconds, ""});
}

Status Judge::fail(StepState& s, const Numbers& schedule, const Measurement& m) {
  s.search->report(schedule, infinite);
  state_.failed.push_back({state_.title_of(s), schedule, m.outcome, m.reason});
  listener_.say(state_.title_of(s) + ": candidate " + to_text(schedule) + ": " + name_of(m.outcome) + ": " +
                m.reason);
  return log_.write(state_.context, s.step.operation, s.step.problem, {schedule, m.outcome, 0, 0, m.reason});
}

}  // namespace effnet
