#include "autotune/tuner.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <limits>
#include <map>

#include "autotune/contest.h"
#include "autotune/estimated_contest.h"
#include "base/text.h"
#include "base/unfinished.h"
#include "generators/compile.h"
#include "generators/transfer.h"
#include "pipeline/library.h"
#include "pipeline/schedule_choice.h"

namespace effnet {

namespace {

using Clock = std::chrono::steady_clock;

constexpr int generation_size = 8;
// Steps whose programs are built together.
constexpr std::size_t defaults_together = 8, rows_together = 4;
constexpr int first_runs_of_rows = 3;  // one run in a busy moment is no reason to drop a row
constexpr int most_runs_at_end = 8;

class Tuner {
 public:
  // Of `measuring` and `estimating` one is there.
  Tuner(const TuneRequest& request, const TuneListener& listener, TuneState& state, TuningLog log,
        Workbench* measuring, const Estimator* estimating)
      : request_(request),
        state_(state),
        listener_{[this, &listener](const TuneState&) {
                    state_.elapsed = elapsed();
                    if (listener.changed) listener.changed(state_);
                  },
                  [&listener](const std::string& line) {
                    if (listener.say) listener.say(line);
                  }},
        log_(std::move(log)) {
    if (estimating)
      judge_ = std::make_unique<EstimatedContest>(state, log_, *estimating, request.jobs.jobs, listener_);
    else
      judge_ = std::make_unique<Contest>(state, log_, *measuring, listener_);
  }
  Tuner(const Tuner&) = delete;
  Tuner& operator=(const Tuner&) = delete;

  // However it ends, what was claimed and not judged is anybody's again.
  Status run(ScheduleRows rows) {
    rows_ = std::move(rows);
    const Status status = search();
    const Status released = log_.release_claims();
    return status.ok() ? released : status;
  }

 private:
  Status search() {
    if (Status status = find_machine(); !status) return status;
    if (Status status = resume(); !status) return status;
    if (Status status = judge_defaults(); !status) return status;
    if (Status status = judge_known_rows(); !status) return status;
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

  double elapsed() const { return std::chrono::duration<double>(Clock::now() - start_).count(); }
  void changed() const { listener_.changed(state_); }
  void say(const std::string& line) const { listener_.say(line); }

  // The end is left for the comparisons that decide about rows.
  bool must_stop() {
    state_.stopped = asked_to_end();
    double end = 0;
    for (const StepState& s : state_.steps) end += judge_->seconds_to_verify(s, most_runs_at_end);
    return state_.stopped || candidates_left() == 0 ||
           elapsed() + std::min(end, 0.25 * state_.budget) > state_.budget;
  }

  int candidates_left() const {
    if (request_.most_candidates == 0) return std::numeric_limits<int>::max();
    int left = request_.most_candidates;
    for (const StepState& s : state_.steps) left -= s.judged;
    return std::max(0, left);
  }

  // --- the beginning ---

  Status find_machine() {
    state_.context = {"", request_.target.name, halide_version(), request_.threads};
    if (Status status = judge_->find_machine(); !status) return status;
    std::vector<std::string> names;
    for (const Network& n : state_.networks) names.push_back(n.name);
    return log_.begin_run(state_.context, join(names, " "), request_.seed);
  }

  Status resume() {
    int known = 0, steps = 0;
    for (StepState& s : state_.steps) {
      if (Status status = judge_->learn(s); !status) return status;
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

  Status judge_defaults() {
    for (std::size_t first = 0; first < state_.steps.size() && !asked_to_end(); first += defaults_together) {
      std::vector<StepState*> steps;
      for (std::size_t i = first; i < std::min(first + defaults_together, state_.steps.size()); ++i)
        steps.push_back(&state_.steps[i]);
      if (Status status = judge_->judge_defaults(steps); !status) return status;
      for (StepState* s : steps)
        if (s->failure.empty()) add_point(*s);
    }
    return {};
  }

  // What effnetc compile takes in the default's place meets the default before anything is searched, except rows measured here:
  // another CPU's may be slower, and would stay where the search does not come to its step.
  Status judge_known_rows() {
    if (request_.estimate) return {};  // what was measured elsewhere says more
    const std::vector<Candidate> known = candidates_of_rows();
    for (auto next = known.begin(); next != known.end() && !must_stop();) {
      std::vector<Candidate> batch;
      const std::size_t most = std::min<std::size_t>(rows_together, candidates_left());
      for (; next != known.end() && batch.size() < most; ++next) {
        next->step->known_row = KnownRow::none;
        const Result<bool> free = judge_->claim(*next);
        if (!free) return free.status();
        if (*free) batch.push_back(*next);
      }
      if (Status status = judge_->judge_candidates(batch, first_runs_of_rows); !status) return status;
      for (const Candidate& c : batch) add_point(*c.step);
      changed();
    }
    return {};
  }

  // Those of steps that the networks spend most time in come first.
  std::vector<Candidate> candidates_of_rows() {
    PlanOptions options;
    options.target = request_.target;
    options.threads = request_.threads;
    options.rows = &rows_;
    ScheduleChoice choice(options);
    std::multimap<double, Candidate, std::greater<>> by_weight;
    for (StepState& s : state_.steps) {
      const ScheduleRow* row = row_of(s);
      if (!s.failure.empty() || (row && is_from_here(*row, s))) continue;
      Numbers schedule = choice.choose(s.step.op(), s.step.problem);
      if (schedule == s.default_schedule) {
        if (!row) row = rows_.find_near(s.step.operation, s.step.problem, request_.threads);
        if (row && !is_from_here(*row, s)) s.known_row = KnownRow::is_default;
      } else if (!s.search->knows(schedule)) {
        s.known_row = KnownRow::waits;
        by_weight.emplace(weight_of(s), Candidate{&s, std::move(schedule)});
      }
    }
    std::vector<Candidate> candidates;
    for (auto& [weight, candidate] : by_weight) candidates.push_back(std::move(candidate));
    return candidates;
  }

  const ScheduleRow* row_of(const StepState& s) const {
    return rows_.find(s.step.operation, s.step.problem, request_.threads);
  }
  bool is_from_here(const ScheduleRow& row, const StepState& s) const {
    return !row.estimated && row.threads == request_.threads &&
           differences(s.step.op(), row, state_.context.cpu, state_.context.halide).empty();
  }

  // --- the search ---

  // The step's share of the networks' time.
  double weight_of(const StepState& s) const {
    double weight = 0;
    for (std::size_t n = 0; n < s.step.occurrences.size(); ++n)
      weight += s.step.occurrences[n] * s.nanoseconds() / std::max(1.0, state_.times_of(n).first);
    return weight;
  }

  int choose() const {
    std::vector<Prospects> prospects;
    std::vector<double> weights;
    bool settled = true;
    for (const StepState& s : state_.steps) {
      prospects.push_back(s.prospects);
      weights.push_back(weight_of(s));
      settled = settled && s.prospects.settled();
    }
    return settled ? -1 : most_promising(prospects, weights);
  }

  // Starts: known rows of this problem and the nearest others, and what was found for the nearest steps.
  void add_starts(StepState& s) {
    if (s.prospects.generations() > 0) return;
    const Operator& op = s.step.op();
    for (const ScheduleRow* row : rows_.nearest(s.step.operation, s.step.problem, request_.threads, 3))
      s.search->start_from(transferred(op, row->schedule, row->problem, s.step.problem));
    std::vector<std::pair<double, const StepState*>> others;
    for (const StepState& other : state_.steps)
      if (&other != &s && other.step.operation == s.step.operation && other.ratio < 1)
        others.emplace_back(problem_distance(other.step.problem, s.step.problem), &other);
    std::sort(others.begin(), others.end());
    for (std::size_t i = 0; i < std::min<std::size_t>(others.size(), 2); ++i)
      s.search->start_from(
          transferred(op, others[i].second->best, others[i].second->step.problem, s.step.problem));
  }

  // The last generation is smaller, so that the budget holds.
  int generation_that_fits(const StepState& s) const {
    const double share = (state_.budget - elapsed()) / std::max(0.1, s.prospects.seconds());
    const int in_time = std::clamp(static_cast<int>(generation_size * share), 1, generation_size);
    return std::min(in_time, candidates_left());
  }

  Status generation(StepState& s) {
    const double begin = elapsed(), before = s.ratio;
    if (Status status = judge_->learn(s); !status) return status;
    add_starts(s);
    if (Status status = judge_->generation(s, generation_that_fits(s)); !status) return status;
    s.prospects.add(s.ratio < before ? 1 - s.ratio / before : 0, elapsed() - begin);
    add_point(s);
    return {};
  }

  void add_point(StepState& s) { s.curve.push_back({elapsed(), s.tried, s.ratio}); }

  // --- the end ---

  // What does not hold in a longer comparison is dropped.
  void verify() {
    for (StepState& s : state_.steps) {
      if (s.best == s.default_schedule) continue;
      judge_->verify(s, state_.stopped ? 2 : most_runs_at_end);
      add_point(s);
    }
  }

  // A default that won gets its row, too: without one, the row of a step nearby would take its place. So does one that a row
  // from elsewhere says: effnetc compile need not warn of it any more. A row that nothing met here stays. Estimates do not take
  // the place of what was measured, in whichever folder.
  bool deserves_row(const StepState& s) const {
    const ScheduleRow* row = row_of(s);
    if (request_.estimate && row && !row->estimated) return false;
    const bool settled =
        s.known_row == KnownRow::is_default || (s.tried > 1 && s.known_row != KnownRow::waits);
    return settled && s.default_nanoseconds > 0 && s.failure.empty() && s.search->has_axes();
  }

  Status write_schedules() {
    std::map<std::string, std::vector<ScheduleRow>> rows;
    for (const StepState& s : state_.steps) {
      if (!deserves_row(s)) continue;
      ScheduleRow row;
      row.problem = s.step.problem;
      row.threads = request_.threads;
      row.schedule = s.best;
      row.microseconds = s.nanoseconds() / 1000;
      row.cores = state_.cores;
      row.cpu = request_.estimate ? request_.cpu : state_.context.cpu;
      row.halide = state_.context.halide;
      row.algorithm = s.step.op().algorithm_hash;
      row.estimated = request_.estimate;
      rows[s.step.operation].push_back(std::move(row));
      ++state_.rows_written;
    }
    for (const auto& [operation, list] : rows)
      if (Status status = write_rows(request_.output, request_.target.name, operation, list); !status)
        return status;
    return {};
  }

  const Clock::time_point start_ = Clock::now();
  const TuneRequest& request_;
  TuneState& state_;
  const TuneListener listener_;  // the caller's, with the time brought up to date
  TuningLog log_;
  std::unique_ptr<Judge> judge_;
  ScheduleRows rows_;
};

}  // namespace

Status tune(const TuneRequest& request, const TuneListener& listener, TuneState& state) {
  if (!request.estimate && request.runner.empty() && !runs_here(request.target))
    return Status::error("target '" + request.target.name +
                         "' does not run on this CPU: --runner 'CMD {}' names a command that runs a program "
                         "elsewhere, --estimate ranks candidates by their code");
  if (Status status = add_steps(request, state); !status) return status;
  state.budget = request.budget_seconds;
  std::vector<std::string> operations;
  for (const Operator& op : operators()) operations.push_back(op.name);
  Result<ScheduleRows> rows =
      ScheduleRows::load(schedule_folders(request.schedules, installed("share/effnet/schedules")),
                         request.target.name, operations);
  if (!rows) return rows.status();
  Result<TuningLog> log = TuningLog::open(request.log);
  if (!log) return log.status();
  if (request.estimate) {
    const Result<Estimator> estimator = estimator_of(request);
    if (!estimator) return estimator.status();
    return Tuner(request, listener, state, *std::move(log), nullptr, &*estimator).run(*std::move(rows));
  }
  Result<Workbench> bench = Workbench::create(request);
  if (!bench) return bench.status();
  return Tuner(request, listener, state, *std::move(log), &*bench, nullptr).run(*std::move(rows));
}

}  // namespace effnet
