#include "autotune/contest.h"

#include <algorithm>
#include <cmath>

#include "base/unfinished.h"

namespace effnet {

namespace {

constexpr double slow_ratio = 1.15;       // after one run a candidate that is slower is given up
constexpr double promising_ratio = 1.02;  // what is worth more runs
constexpr double better_ratio = 0.995;    // a new best one must be so much better
constexpr double infinite = std::numeric_limits<double>::infinity();

const std::string& incumbent(const StepState& s) {
  return s.best_program.empty() ? s.default_program : s.best_program;
}
double incumbent_ratio(const StepState& s) { return s.best_program.empty() ? 1 : s.ratio; }

}  // namespace

Status Contest::learn(StepState& s) {
  Result<std::vector<LogEntry>> entries = log_.read(state_.context, s.step.operation, s.step.problem);
  if (!entries) return entries.status();
  for (const LogEntry& e : *entries) {
    if (!s.search->knows(e.schedule)) ++s.tried;
    s.search->report(e.schedule, e.outcome == Outcome::measured ? e.ratio : infinite);
  }
  return {};
}

Status Contest::measure_default(StepState& s, const Workbench::Built& built) {
  s.default_program = built.program;
  Measurement m =
      built.program.empty() ? Measurement{built.outcome, {}, built.reason} : bench_.run(built.program);
  if (m.outcome == Outcome::measured) {
    Result<StepLayout> layout =
        layout_of(s.step, s.default_schedule, state_.networks[s.step.network], state_.target);
    const Status right = layout ? check_samples(*layout, m.result) : layout.status();
    if (!right) m = {Outcome::wrong, {}, right.message()};
  }
  if (m.outcome != Outcome::measured) {
    s.failure = std::string(name_of(m.outcome)) + ": " + m.reason;
    s.prospects.exhaust();
    return fail(s, s.default_schedule, m);
  }
  s.hash = m.result.hash;
  s.default_nanoseconds = m.result.nanoseconds;
  s.search->report(s.default_schedule, 1);
  ++s.tried;
  s.best = *s.search->best();  // maybe one of the log's
  s.ratio = s.search->best_cost();
  listener_.changed(state_);
  return log_.write(state_.context, s.step.operation, s.step.problem,
                    {s.default_schedule, Outcome::measured, 1, s.default_nanoseconds, ""});
}

Status Contest::generation(StepState& s, int most) {
  Result<std::vector<Numbers>> points = claim(s, s.search->propose(most));
  if (!points) return points.status();
  if (points->empty()) {
    s.prospects.exhaust();
    return {};
  }
  std::vector<Entrant> alive;
  if (Status status = enter(s, *points, alive); !status) return status;
  if (Status status = halve(s, alive); !status) return status;
  for (const Entrant& entrant : alive)
    if (entrant.program != s.best_program) Workbench::remove(entrant.program);
  return {};
}

Result<std::vector<Numbers>> Contest::claim(StepState& s, const std::vector<Numbers>& points) {
  std::vector<Numbers> mine;
  for (const Numbers& point : points) {
    if (!s.step.op().check_schedule(s.step.problem, point).empty()) continue;
    Result<bool> free = log_.claim(state_.context, s.step.operation, s.step.problem, point);
    if (!free) return free.status();
    if (*free) mine.push_back(point);
  }
  return mine;
}

// Builds all, with the incumbent where it is known from the log only, and runs each once.
Status Contest::enter(StepState& s, const std::vector<Numbers>& points, std::vector<Entrant>& alive) {
  std::vector<Workbench::Wanted> wanted;
  if (s.best_program.empty() && s.best != s.default_schedule) wanted.push_back({&s, s.best});
  const std::size_t extra = wanted.size();
  for (const Numbers& point : points) wanted.push_back({&s, point});
  const std::vector<Workbench::Built> built = bench_.build(wanted, state_.networks);
  if (extra == 1) s.best_program = built[0].program;
  for (std::size_t i = 0; i < points.size() && !asked_to_end(); ++i) {
    const Workbench::Built& b = built[i + extra];
    if (Status status = first_run(s, {points[i], b.program, {}}, {b.outcome, {}, b.reason}, alive); !status)
      return status;
  }
  return {};
}

Status Contest::first_run(StepState& s, Entrant entrant, Measurement built, std::vector<Entrant>& alive) {
  ++s.tried;
  Measurement failed = std::move(built);
  if (failed.outcome == Outcome::measured) {
    const auto wrong = compare_more(bench_, entrant.program, incumbent(s), s.hash, 1, entrant.comparison);
    if (wrong) failed = *wrong;
  }
  if (failed.outcome != Outcome::measured) {
    Workbench::remove(entrant.program);
    return fail(s, entrant.schedule, failed);
  }
  if (Status status = store(s, entrant); !status) return status;
  if (entrant.comparison.ratio() > slow_ratio)
    Workbench::remove(entrant.program);
  else
    alive.push_back(std::move(entrant));
  listener_.changed(state_);
  return {};
}

// Successive halving: the better half gets twice the runs, until one is left.
Status Contest::halve(StepState& s, std::vector<Entrant>& alive) {
  const auto better = [](const Entrant& a, const Entrant& b) {
    return a.comparison.ratio() < b.comparison.ratio();
  };
  std::sort(alive.begin(), alive.end(), better);
  std::size_t kept = (alive.size() + 1) / 2;
  for (int rounds = 1; rounds <= 4 && !alive.empty() && !asked_to_end(); rounds *= 2) {
    for (std::size_t i = 0; i < kept; ++i) {
      Entrant& entrant = alive[i];
      if (entrant.comparison.ratio() > promising_ratio) continue;
      const auto wrong =
          compare_more(bench_, entrant.program, incumbent(s), s.hash, rounds, entrant.comparison);
      if (wrong) {
        entrant.comparison.candidate = infinite;
        if (Status status = fail(s, entrant.schedule, *wrong); !status) return status;
        continue;
      }
      if (Status status = store(s, entrant); !status) return status;
    }
    std::sort(alive.begin(), alive.begin() + static_cast<std::ptrdiff_t>(kept), better);
    kept = (kept + 1) / 2;
  }
  if (!alive.empty() && alive[0].comparison.ratio() < better_ratio) crown(s, alive[0]);
  return {};
}

void Contest::crown(StepState& s, const Entrant& winner) {
  s.ratio = incumbent_ratio(s) * winner.comparison.ratio();
  Workbench::remove(s.best_program);
  s.best_program = winner.program;
  s.best = winner.schedule;
}

Status Contest::store(StepState& s, const Entrant& entrant) {
  const double ratio = incumbent_ratio(s) * entrant.comparison.ratio();
  s.search->report(entrant.schedule, ratio);
  return log_.write(state_.context, s.step.operation, s.step.problem,
                    {entrant.schedule, Outcome::measured, ratio, entrant.comparison.candidate, ""});
}

Status Contest::fail(StepState& s, const Numbers& schedule, const Measurement& m) {
  s.search->report(schedule, infinite);
  state_.failed.push_back({s.step.name, schedule, m.outcome, m.reason});
  listener_.say(s.step.name + ": candidate " + to_text(schedule) + ": " + name_of(m.outcome) + ": " +
                m.reason);
  return log_.write(state_.context, s.step.operation, s.step.problem, {schedule, m.outcome, 0, 0, m.reason});
}

bool Contest::beats_default(StepState& s, int runs, Comparison& c) {
  if (s.best_program.empty()) s.best_program = bench_.build({{&s, s.best}}, state_.networks)[0].program;
  if (s.best_program.empty()) return false;
  const bool wrong = compare_more(bench_, s.best_program, s.default_program, s.hash, runs, c).has_value();
  return !wrong && c.ratio() < worthwhile_ratio;
}

void Contest::verify(StepState& s, int runs) {
  Comparison c;
  const bool better = s.ratio < worthwhile_ratio && beats_default(s, runs, c);
  s.ratio = better ? c.ratio() : 1;
  if (better) s.default_nanoseconds = c.incumbent;
  if (!better) s.best = s.default_schedule;
  listener_.changed(state_);
}

}  // namespace effnet
