#include <algorithm>

#include "autotune/tuner.h"
#include "base/text.h"

namespace effnet {

namespace {

// Where nothing is timed, what only shows in time stays as the default has it.
std::vector<Axis> axes_of(const Operator& op, const Numbers& problem, const TuneRequest& request) {
  std::vector<Axis> axes = op.schedule_space(problem, request.target.machine);
  if (!request.estimate) return axes;
  const Numbers usual = op.default_schedule(problem, request.target.machine, request.threads);
  for (Axis& axis : axes)
    if (axis.needs_time) axis.values = {usual.at(axis.name)};
  return axes;
}

}  // namespace

Status add_steps(const TuneRequest& request, TuneState& state) {
  state.target = request.target;
  for (const NetworkConfig& config : request.networks) {
    Result<Network> network = build_network(config);
    if (!network) return network.status();
    state.networks.push_back(*std::move(network));
  }
  for (TuningStep& step : unique_steps_of(state.networks, request.target, request.precision)) {
    if (!request.only.empty() &&
        std::none_of(request.only.begin(), request.only.end(),
                     [&](const std::string& name) { return name == step.name || name == step.operation; }))
      continue;
    StepState s;
    s.step = std::move(step);
    const Operator& op = s.step.op();
    const Numbers problem = s.step.problem;
    const Machine machine = request.target.machine;
    s.default_schedule = s.best = op.default_schedule(problem, machine, request.threads);
    SearchSpace space{axes_of(op, problem, request),
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

namespace {

// The best known ratio `seconds` after the start.
double ratio_at(const StepState& s, double seconds) {
  double ratio = 1;
  for (const CurvePoint& point : s.curve)
    if (point.seconds <= seconds) ratio = point.ratio;
  return ratio;
}

}  // namespace

std::string TuneState::machine() const {
  return context.cpu + (cores > 0 ? ", " + std::to_string(cores) + " cores" : "");
}

std::string TuneState::title_of(const StepState& s) const {
  return (networks.size() > 1 ? networks[s.step.network].name + " " : "") + s.step.name;
}

std::pair<double, double> TuneState::times_of(std::size_t network) const {
  std::pair<double, double> sum{0, 0};
  for (const StepState& s : steps) {
    sum.first += s.step.occurrences[network] * s.default_nanoseconds;
    sum.second += s.step.occurrences[network] * s.nanoseconds();
  }
  return sum;
}

double TuneState::seconds_to_gain(std::size_t network, double share) const {
  const auto [before, after] = times_of(network);
  if (after >= before) return 0;
  std::vector<double> moments;
  for (const StepState& s : steps)
    for (const CurvePoint& point : s.curve) moments.push_back(point.seconds);
  std::sort(moments.begin(), moments.end());
  for (const double moment : moments) {
    double gain = 0;
    for (const StepState& s : steps)
      gain += s.step.occurrences[network] * s.default_nanoseconds * (1 - ratio_at(s, moment));
    if (gain >= share * (before - after)) return moment;
  }
  return elapsed;
}

}  // namespace effnet
