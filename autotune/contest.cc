#include "autotune/contest.h"

#include <algorithm>
#include <cmath>

#include "base/unfinished.h"

namespace effnet {

namespace {

constexpr double slow_ratio = 1.15;       // after its first runs a candidate that is slower is given up
constexpr double promising_ratio = 1.02;  // what is worth more runs
constexpr double better_ratio = 0.995;    // a new best one must be so much better
constexpr double infinite = std::numeric_limits<double>::infinity();

const std::string& incumbent(const StepState& s) {
  return s.best_program.empty() ? s.default_program : s.best_program;
}
double incumbent_ratio(const StepState& s) { return s.best_program.empty() ? 1 : s.ratio; }

}  // namespace

Status Contest::find_machine() {
  StepState& s = state_.steps.front();
  const Workbench::Built built = bench_.build({{&s, s.default_schedule}}, state_.networks)[0];
  if (built.program.empty()) return Status::error(s.step.name + ": " + built.reason);
  const Measurement m = bench_.run(built.program);
  Workbench::remove(built.program);
  if (m.outcome != Outcome::measured)
    return Status::error("the first candidate, " + s.step.name +
                         " with its default schedule, does not run: " + name_of(m.outcome) + ", " + m.reason);
  state_.context.cpu = m.result.cpu;
  state_.cores = m.result.cores;
  return {};
}

Status Contest::judge_defaults(const std::vector<StepState*>& steps) {
  std::vector<Candidate> defaults;
  defaults.reserve(steps.size());
  for (StepState* s : steps) defaults.push_back({s, s->default_schedule});
  const std::vector<Workbench::Built> built = bench_.build(defaults, state_.networks);
  for (std::size_t i = 0; i < built.size(); ++i)
    if (Status status = judge_default(*steps[i], built[i]); !status) return status;
  return {};
}

Status Contest::judge_default(StepState& s, const Workbench::Built& built) {
  s.default_program = built.program;
  Measurement m =
      built.program.empty() ? Measurement{built.outcome, {}, built.reason} : bench_.run(built.program);
  if (m.outcome == Outcome::measured) {
    Result<StepLayout> layout =
        layout_of(s.step, s.default_schedule, state_.networks[s.step.network], state_.target);
    const Status right = layout ? check_samples(*layout, m.result) : layout.status();
    if (!right) m = {Outcome::wrong, {}, right.message()};
  }
  if (m.outcome != Outcome::measured) return refuse_default(s, m);
  s.hash = m.result.hash;
  return accept_default(s, m.result.nanoseconds);
}

Status Contest::judge_candidates(const std::vector<Candidate>& candidates, int first_runs) {
  const std::vector<Workbench::Built> built = build(candidates);
  for (std::size_t i = 0; i < candidates.size() && !asked_to_end();) {
    StepState& s = *candidates[i].step;
    std::vector<Entrant> alive;
    for (; i < candidates.size() && candidates[i].step == &s && !asked_to_end(); ++i) {
      if (Status status = enter(s, candidates[i].schedule, built[i], first_runs, alive); !status)
        return status;
    }
    if (Status status = halve(s, alive); !status) return status;
    for (const Entrant& entrant : alive)
      if (entrant.program != s.best_program) Workbench::remove(entrant.program);
  }
  return {};
}

// With the incumbents that are known from the log only.
std::vector<Workbench::Built> Contest::build(const std::vector<Candidate>& candidates) {
  std::vector<Candidate> unbuilt;
  for (const Candidate& c : candidates) {
    StepState& s = *c.step;
    const bool has_program = !s.best_program.empty() || s.best == s.default_schedule;
    if (!has_program && (unbuilt.empty() || unbuilt.back().step != &s)) unbuilt.push_back({&s, s.best});
  }
  const std::size_t incumbents = unbuilt.size();
  unbuilt.insert(unbuilt.end(), candidates.begin(), candidates.end());
  std::vector<Workbench::Built> built = bench_.build(unbuilt, state_.networks);
  for (std::size_t i = 0; i < incumbents; ++i) unbuilt[i].step->best_program = built[i].program;
  built.erase(built.begin(), built.begin() + static_cast<std::ptrdiff_t>(incumbents));
  return built;
}

// The first runs. What is not much slower than the incumbent stays alive.
Status Contest::enter(StepState& s, const Numbers& schedule, const Workbench::Built& built, int runs,
                      std::vector<Entrant>& alive) {
  s.count();
  Entrant entrant{schedule, built.program, {}};
  Measurement failed{built.outcome, {}, built.reason};
  if (failed.outcome == Outcome::measured) {
    const auto wrong = compare_more(bench_, entrant.program, incumbent(s), s.hash, runs, entrant.comparison);
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
  return Judge::store(s, entrant.schedule, incumbent_ratio(s) * entrant.comparison.ratio(),
                      entrant.comparison.candidate);
}

bool Contest::beats_default(StepState& s, int runs, Comparison& c) {
  if (s.best_program.empty()) s.best_program = bench_.build({{&s, s.best}}, state_.networks)[0].program;
  if (s.best_program.empty()) return false;
  const bool wrong = compare_more(bench_, s.best_program, s.default_program, s.hash, runs, c).has_value();
  return !wrong && c.ratio() < worthwhile_ratio;
}

double Contest::seconds_to_verify(const StepState& s, int runs) const {
  constexpr double building = 0.25, programs = 2, bursts = 5;
  if (s.ratio >= worthwhile_ratio) return 0;
  return building + programs * bursts * runs * s.default_nanoseconds * 1e-9;
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
