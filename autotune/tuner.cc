#include "autotune/tuner.h"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "autotune/generation.h"
#include "base/text.h"
#include "base/unfinished.h"
#include "generators/compile.h"
#include "pipeline/library.h"

namespace effnet {

namespace {

using Clock = std::chrono::steady_clock;

constexpr int generation_size = 8;
constexpr double slow_ratio = 1.15;        // after one run a candidate that is slower is given up
constexpr double promising_ratio = 1.02;   // what is worth more runs
constexpr double better_ratio = 0.995;     // a new best one must be so much better
constexpr double worthwhile_ratio = 0.99;  // a row must be so much better than the default
constexpr int most_runs_at_end = 8;
constexpr double infinite = std::numeric_limits<double>::infinity();

std::string label(const StepState& s) { return s.step.name; }

class Tuner {
 public:
  Tuner(const TuneRequest& request, const TuneListener& listener, TuneState& state, TuningLog log,
        Workbench bench)
      : request_(request),
        listener_(listener),
        state_(state),
        log_(std::move(log)),
        bench_(std::move(bench)) {}

  Status run(ScheduleRows rows) {
    rows_ = std::move(rows);
    if (Status status = find_machine(); !status) return status;
    if (Status status = resume(); !status) return status;
    if (Status status = measure_defaults(); !status) return status;
    while (!must_stop()) {
      const int next = choose();
      if (next < 0) break;
      state_.active = next;
      if (Status status = generation(state_.steps[next]); !status) return status;
      changed();
    }
    state_.active = -1;
    verify();
    changed();
    return write_schedules();
  }

 private:
  double elapsed() const { return std::chrono::duration<double>(Clock::now() - start_).count(); }
  void changed() {
    state_.elapsed = elapsed();
    if (listener_.changed) listener_.changed(state_);
  }
  void say(const std::string& line) const {
    if (listener_.say) listener_.say(line);
  }

  // The end is left for the comparisons that decide about rows.
  bool must_stop() {
    state_.stopped = asked_to_end();
    double end = 0;
    for (const StepState& s : state_.steps)
      if (s.ratio < worthwhile_ratio) end += 0.25 + 2e-9 * 5 * most_runs_at_end * s.default_nanoseconds;
    return state_.stopped || elapsed() + std::min(end, 0.25 * state_.budget) > state_.budget;
  }

  // --- the beginning ---

  // The CPU is that on which candidates run: the first one says which.
  Status find_machine() {
    StepState& s = state_.steps.front();
    std::vector<Workbench::Built> built = bench_.build({{&s, s.default_schedule}}, state_.networks);
    if (built[0].program.empty()) return Status::error(label(s) + ": " + built[0].reason);
    const Measurement m = bench_.run(built[0].program);
    Workbench::remove(built[0].program);
    if (m.outcome != Outcome::measured)
      return Status::error("the first candidate, " + label(s) + " with its default schedule, does not run: " +
                           name_of(m.outcome) + ", " + m.reason);
    state_.context = {m.result.cpu, request_.target.name, halide_version(), request_.threads};
    state_.cores = m.result.cores;
    std::vector<std::string> names;
    for (const Network& n : state_.networks) names.push_back(n.name);
    return log_.begin_run(state_.context, join(names, " "), request_.seed);
  }

  Status resume() {
    int known = 0, steps = 0;
    for (StepState& s : state_.steps) {
      if (Status status = learn(s); !status) return status;
      s.resumed = static_cast<int>(s.search->reported());
      known += s.resumed;
      steps += s.resumed > 0;
    }
    if (known > 0)
      say("resuming from " + request_.log + ": " + std::to_string(known) + " candidates of " +
          std::to_string(steps) + " steps were measured before and are skipped");
    if (log_.damaged() > 0)
      say("warning: " + request_.log + ": " + std::to_string(log_.damaged()) +
          " damaged or illegal entries are ignored");
    return {};
  }

  // Reports what the log knows of a step and the search does not.
  Status learn(StepState& s) {
    Result<std::vector<LogEntry>> entries = log_.read(state_.context, s.step.operation, s.step.problem);
    if (!entries) return entries.status();
    for (const LogEntry& e : *entries) {
      if (!s.search->knows(e.schedule)) ++s.tried;
      s.search->report(e.schedule, e.outcome == Outcome::measured ? e.ratio : infinite);
    }
    return {};
  }

  Status measure_defaults() {
    const std::size_t batch = 8;
    for (std::size_t first = 0; first < state_.steps.size() && !asked_to_end(); first += batch) {
      std::vector<StepState*> steps;
      std::vector<Workbench::Wanted> wanted;
      for (std::size_t i = first; i < std::min(first + batch, state_.steps.size()); ++i) {
        steps.push_back(&state_.steps[i]);
        wanted.push_back({steps.back(), steps.back()->default_schedule});
      }
      const std::vector<Workbench::Built> built = bench_.build(wanted, state_.networks);
      for (std::size_t i = 0; i < built.size(); ++i)
        if (Status status = measure_default(*steps[i], built[i]); !status) return status;
    }
    return {};
  }

  Status measure_default(StepState& s, const Workbench::Built& built) {
    s.default_program = built.program;
    Measurement m =
        built.program.empty() ? Measurement{built.outcome, {}, built.reason} : bench_.run(built.program);
    if (m.outcome == Outcome::measured) {
      Result<StepLayout> layout =
          layout_of(s.step, s.default_schedule, state_.networks[s.step.network], request_.target);
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
    adopt_logged_best(s);
    add_point(s);
    changed();
    return log_.write(state_.context, s.step.operation, s.step.problem,
                      {s.default_schedule, Outcome::measured, 1, s.default_nanoseconds, ""});
  }

  void adopt_logged_best(StepState& s) {
    s.best = *s.search->best();
    s.ratio = s.search->best_cost();
  }

  // --- the search ---

  int choose() const {
    std::vector<Prospects> prospects;
    std::vector<double> weights;
    bool settled = true;
    for (const StepState& s : state_.steps) {
      double weight = 0;
      for (std::size_t n = 0; n < s.step.occurrences.size(); ++n)
        weight += s.step.occurrences[n] * s.nanoseconds() / std::max(1.0, state_.times_of(n).first);
      prospects.push_back(s.prospects);
      weights.push_back(weight);
      settled = settled && s.prospects.settled();
    }
    return settled ? -1 : most_promising(prospects, weights);
  }

  // Starts: known rows of this problem and the nearest others, and what was found for the nearest steps.
  void add_starts(StepState& s) {
    if (s.prospects.generations() > 0) return;
    const Operator& op = s.step.op();
    for (const ScheduleRow* row : rows_.nearest(s.step.operation, s.step.problem, request_.threads, 3))
      s.search->start_from(op.fit_schedule(s.step.problem, row->schedule));
    std::vector<std::pair<double, const StepState*>> others;
    for (const StepState& other : state_.steps)
      if (&other != &s && other.step.operation == s.step.operation && other.ratio < 1)
        others.emplace_back(problem_distance(other.step.problem, s.step.problem), &other);
    std::sort(others.begin(), others.end());
    for (std::size_t i = 0; i < std::min<std::size_t>(others.size(), 2); ++i)
      s.search->start_from(op.fit_schedule(s.step.problem, others[i].second->best));
  }

  // The last generation is smaller, so that the budget holds.
  int generation_that_fits(const StepState& s) const {
    const double share = (state_.budget - elapsed()) / std::max(0.1, s.prospects.seconds());
    return std::clamp(static_cast<int>(generation_size * share), 1, generation_size);
  }

  Status generation(StepState& s) {
    const double begin = elapsed(), before = s.ratio;
    if (Status status = learn(s); !status) return status;
    add_starts(s);
    Result<std::vector<Numbers>> points = claim(s, s.search->propose(generation_that_fits(s)));
    if (!points) return points.status();
    if (points->empty()) {
      s.prospects.exhaust();
      return {};
    }
    std::vector<Workbench::Wanted> wanted;
    if (s.best_program.empty() && s.best != s.default_schedule) wanted.push_back({&s, s.best});
    const std::size_t extra = wanted.size();
    for (const Numbers& point : *points) wanted.push_back({&s, point});
    std::vector<Workbench::Built> built = bench_.build(wanted, state_.networks);
    if (extra == 1) s.best_program = built[0].program;
    std::vector<Runner_up> alive;
    for (std::size_t i = 0; i < points->size(); ++i) {
      if (asked_to_end()) break;
      Runner_up candidate{(*points)[i], built[i + extra].program, {}};
      Measurement failed{built[i + extra].outcome, {}, built[i + extra].reason};
      if (Status status = first_run(s, candidate, failed, alive); !status) return status;
    }
    if (Status status = halve(s, alive); !status) return status;
    for (const Runner_up& candidate : alive)
      if (candidate.program != s.best_program) Workbench::remove(candidate.program);
    s.prospects.add(s.ratio < before ? 1 - s.ratio / before : 0, elapsed() - begin);
    add_point(s);
    return {};
  }

  struct Runner_up {
    Numbers schedule;
    std::string program;
    Comparison comparison;
  };

  Result<std::vector<Numbers>> claim(StepState& s, const std::vector<Numbers>& points) {
    std::vector<Numbers> mine;
    for (const Numbers& point : points) {
      if (!s.step.op().check_schedule(s.step.problem, point).empty()) continue;
      Result<bool> free = log_.claim(state_.context, s.step.operation, s.step.problem, point);
      if (!free) return free.status();
      if (*free) mine.push_back(point);
    }
    return mine;
  }

  const std::string& incumbent(const StepState& s) const {
    return s.best_program.empty() ? s.default_program : s.best_program;
  }
  double incumbent_ratio(const StepState& s) const { return s.best_program.empty() ? 1 : s.ratio; }

  Status first_run(StepState& s, Runner_up& candidate, Measurement failed, std::vector<Runner_up>& alive) {
    ++s.tried;
    if (failed.outcome == Outcome::measured) {
      const auto wrong =
          compare_more(bench_, candidate.program, incumbent(s), s.hash, 1, candidate.comparison);
      if (wrong) failed = *wrong;
    }
    if (failed.outcome != Outcome::measured) {
      Workbench::remove(candidate.program);
      return fail(s, candidate.schedule, failed);
    }
    if (Status status = store(s, candidate); !status) return status;
    if (candidate.comparison.ratio() > slow_ratio)
      Workbench::remove(candidate.program);
    else
      alive.push_back(candidate);
    changed();
    return {};
  }

  // Successive halving: the better half gets twice the runs, until one is left.
  Status halve(StepState& s, std::vector<Runner_up>& alive) {
    const auto better = [](const Runner_up& a, const Runner_up& b) {
      return a.comparison.ratio() < b.comparison.ratio();
    };
    std::sort(alive.begin(), alive.end(), better);
    std::size_t kept = (alive.size() + 1) / 2;
    for (int rounds = 1; rounds <= 4 && !alive.empty() && !asked_to_end(); rounds *= 2) {
      for (std::size_t i = 0; i < kept; ++i) {
        Runner_up& candidate = alive[i];
        if (candidate.comparison.ratio() > promising_ratio) continue;
        const auto wrong =
            compare_more(bench_, candidate.program, incumbent(s), s.hash, rounds, candidate.comparison);
        if (wrong) {
          candidate.comparison.candidate = infinite;
          if (Status status = fail(s, candidate.schedule, *wrong); !status) return status;
          continue;
        }
        if (Status status = store(s, candidate); !status) return status;
      }
      std::sort(alive.begin(), alive.begin() + static_cast<std::ptrdiff_t>(kept), better);
      kept = (kept + 1) / 2;
    }
    if (!alive.empty() && alive[0].comparison.ratio() < better_ratio) crown(s, alive[0]);
    return {};
  }

  void crown(StepState& s, const Runner_up& winner) {
    s.ratio = incumbent_ratio(s) * winner.comparison.ratio();
    Workbench::remove(s.best_program);
    s.best_program = winner.program;
    s.best = winner.schedule;
  }

  // --- log ---

  Status store(StepState& s, const Runner_up& candidate) {
    const double ratio = incumbent_ratio(s) * candidate.comparison.ratio();
    s.search->report(candidate.schedule, ratio);
    return log_.write(state_.context, s.step.operation, s.step.problem,
                      {candidate.schedule, Outcome::measured, ratio, candidate.comparison.candidate, ""});
  }

  Status fail(StepState& s, const Numbers& schedule, const Measurement& m) {
    s.search->report(schedule, infinite);
    state_.failed.push_back({label(s), schedule, m.outcome, m.reason});
    say(label(s) + ": candidate " + to_text(schedule) + ": " + name_of(m.outcome) + ": " + m.reason);
    return log_.write(state_.context, s.step.operation, s.step.problem,
                      {schedule, m.outcome, 0, 0, m.reason});
  }

  void add_point(StepState& s) { s.curve.push_back({elapsed(), s.tried, s.ratio}); }

  // --- the end ---

  // The best one of every step against its default once more, longer; what does not hold is dropped.
  void verify() {
    for (StepState& s : state_.steps) {
      if (s.ratio >= worthwhile_ratio || s.best == s.default_schedule) continue;
      if (s.best_program.empty()) s.best_program = bench_.build({{&s, s.best}}, state_.networks)[0].program;
      Comparison c;
      const bool wrong =
          s.best_program.empty() || compare_more(bench_, s.best_program, s.default_program, s.hash,
                                                 state_.stopped ? 2 : most_runs_at_end, c);
      s.verified = !wrong && c.ratio() < worthwhile_ratio;
      s.ratio = s.verified ? c.ratio() : 1;
      if (s.verified) s.default_nanoseconds = c.incumbent;
      if (!s.verified) s.best = s.default_schedule;
      add_point(s);
      changed();
    }
  }

  Status write_schedules() {
    std::map<std::string, std::vector<ScheduleRow>> rows;
    for (const StepState& s : state_.steps) {
      if (!s.verified) continue;
      ScheduleRow row;
      row.problem = s.step.problem;
      row.threads = request_.threads;
      row.schedule = s.best;
      row.microseconds = s.nanoseconds() / 1000;
      row.cores = state_.cores;
      row.cpu = state_.context.cpu;
      row.halide = state_.context.halide;
      row.algorithm = s.step.op().algorithm_hash;
      rows[s.step.operation].push_back(std::move(row));
      ++state_.rows_written;
    }
    for (const auto& [operation, list] : rows)
      if (Status status = write_rows(request_.output, request_.target.name, operation, list); !status)
        return status;
    return {};
  }

  const TuneRequest& request_;
  const TuneListener& listener_;
  TuneState& state_;
  TuningLog log_;
  Workbench bench_;
  ScheduleRows rows_;
  Clock::time_point start_ = Clock::now();
};

Status make_steps(const TuneRequest& request, TuneState& state) {
  for (const NetworkConfig& config : request.networks) {
    Result<Network> network = build_network(config);
    if (!network) return network.status();
    state.networks.push_back(*std::move(network));
  }
  for (TuningStep& step : unique_steps_of(state.networks, request.target)) {
    if (!request.only.empty() &&
        std::none_of(request.only.begin(), request.only.end(),
                     [&](const std::string& name) { return name == step.name || name == step.operation; }))
      continue;
    StepState s;
    s.step = std::move(step);
    const Operator& op = s.step.op();
    const Numbers problem = s.step.problem;
    const Machine machine = request.target.machine;
    s.default_schedule = s.best = op.default_schedule(problem, machine);
    SearchSpace space{op.schedule_space(problem, machine),
                      [&op, problem](Numbers n) { return op.fit_schedule(problem, std::move(n)); },
                      [&op, problem, machine](const Numbers& n) {
                        return op.check_schedule(problem, n).empty() && op.worth_trying(problem, n, machine);
                      }};
    s.search = std::make_unique<Search>(std::move(space), request.strategy,
                                        request.seed + static_cast<unsigned int>(state.steps.size()));
    state.steps.push_back(std::move(s));
  }
  if (state.steps.empty()) return Status::error("no step is called " + join(request.only, " or "));
  return {};
}

}  // namespace

std::pair<double, double> TuneState::times_of(std::size_t network) const {
  std::pair<double, double> sum{0, 0};
  for (const StepState& s : steps) {
    sum.first += s.step.occurrences[network] * s.default_nanoseconds;
    sum.second += s.step.occurrences[network] * s.nanoseconds();
  }
  return sum;
}

Status tune(const TuneRequest& request, const TuneListener& listener, TuneState& state) {
  if (request.runner.empty() && !runs_here(request.target))
    return Status::error(
        "target '" + request.target.name +
        "' does not run on this CPU: --runner 'CMD {}' names a command that runs a program elsewhere");
  if (Status status = make_steps(request, state); !status) return status;
  state.budget = request.budget_seconds;
  std::vector<std::string> operations;
  for (const Operator& op : operators()) operations.push_back(op.name);
  Result<ScheduleRows> rows =
      ScheduleRows::load(schedule_folders(request.schedules, installed("share/effnet/schedules")),
                         request.target.name, operations);
  if (!rows) return rows.status();
  Result<TuningLog> log = TuningLog::open(request.log);
  if (!log) return log.status();
  Result<Workbench> bench = Workbench::create(request);
  if (!bench) return bench.status();
  return Tuner(request, listener, state, *std::move(log), *std::move(bench)).run(*std::move(rows));
}

}  // namespace effnet
