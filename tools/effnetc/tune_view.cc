#include "tools/effnetc/tune_view.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/text.h"

namespace effnet {

namespace {

constexpr std::size_t most_rows = 16;  // of the live table

double gain(double ratio) { return 100 * (1 - ratio); }

double cost_of(const StepState& s) {
  double occurrences = 0;
  for (const int n : s.step.occurrences) occurrences += n;
  return occurrences * s.default_nanoseconds;
}

int candidates_of(const TuneState& state) {
  int sum = 0;
  for (const StepState& s : state.steps) sum += s.tried;
  return sum;
}

std::string total_line(const TuneState& state) {
  double before = 0, after = 0;
  for (std::size_t n = 0; n < state.networks.size(); ++n) {
    const auto [b, a] = state.times_of(n);
    before += b, after += a;
  }
  return formatted("%d candidates, all steps %.1f -> %.1f us (%.1f %%), %.0f s left", candidates_of(state),
                   before / 1000, after / 1000, before > 0 ? gain(after / before) : 0,
                   std::max(0.0, state.budget - state.elapsed));
}

std::string pad(const std::string& text, std::size_t width) {
  return text.size() < width ? text + std::string(width - text.size(), ' ') : text;
}

std::size_t title_width(const TuneState& state) {
  std::size_t width = 4;
  for (const StepState& s : state.steps) width = std::max(width, state.title_of(s).size());
  return width;
}

}  // namespace

TuneView::TuneView() : terminal_(::isatty(STDERR_FILENO) == 1) {}

void TuneView::show(const TuneState& state) {
  if (!terminal_) return print_news(state);
  const Clock::time_point now = Clock::now();
  if (drawn_lines_ > 0 && now - last_drawn_ < std::chrono::milliseconds(200)) return;
  last_drawn_ = now;
  draw(state);
}

void TuneView::draw(const TuneState& state) {
  std::vector<const StepState*> steps;
  for (const StepState& s : state.steps) steps.push_back(&s);
  std::stable_sort(steps.begin(), steps.end(),
                   [](const StepState* a, const StepState* b) { return cost_of(*a) > cost_of(*b); });
  const StepState* active = state.active >= 0 ? &state.steps[state.active] : nullptr;
  clear();
  const std::size_t width = title_width(state);
  std::string text = "  " + pad("step", width) + " candidates   default us      best us    gain\n";
  int rows = 0;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const StepState& s = *steps[i];
    if (i >= most_rows && &s != active) continue;
    text += (&s == active ? "> " : "  ") + pad(state.title_of(s), width) +
            formatted(" %10d %12.1f %12.1f %6.1f%%\n", s.tried, s.default_nanoseconds / 1000,
                      s.nanoseconds() / 1000, gain(s.ratio));
    ++rows;
  }
  text += total_line(state) + "\n";
  std::fputs(text.c_str(), stderr);
  std::fflush(stderr);
  drawn_lines_ = rows + 2;
}

void TuneView::print_news(const TuneState& state) {
  told_.resize(state.steps.size());
  for (std::size_t i = 0; i < state.steps.size(); ++i) {
    const StepState& s = state.steps[i];
    double& told = told_[i];
    if (std::abs(gain(s.ratio) - told) < 0.5) continue;
    told = gain(s.ratio);
    std::fprintf(stderr, "%.0f s: %s %.1f us -> %.1f us (%.1f %%); %s\n", state.elapsed,
                 state.title_of(s).c_str(), s.default_nanoseconds / 1000, s.nanoseconds() / 1000, told,
                 total_line(state).c_str());
  }
}

void TuneView::say(const std::string& line) {
  clear();
  std::fprintf(stderr, "effnetc tune: %s\n", line.c_str());
}

void TuneView::clear() {
  if (drawn_lines_ == 0) return;
  std::fprintf(stderr, "\x1b[%dA\x1b[J", drawn_lines_);
  drawn_lines_ = 0;
}

std::string tune_tables(const TuneState& state, const TuneRequest& request) {
  const std::size_t width = title_width(state);
  std::string text = pad("step", width) + "  times  default us     best us   gain  candidates  schedule\n";
  for (const StepState& s : state.steps) {
    int times = 0;
    for (const int n : s.step.occurrences) times += n;
    text += pad(state.title_of(s), width) + formatted("  %5d  %10.1f  %10.1f %5.1f%%  %10d  ", times,
                                                      s.default_nanoseconds / 1000, s.nanoseconds() / 1000,
                                                      gain(s.ratio), s.tried);
    text +=
        (s.failure.empty() ? (s.best != s.default_schedule ? to_text(s.best) : "the default") : s.failure) +
        "\n";
  }
  for (std::size_t n = 0; n < state.networks.size(); ++n) {
    const auto [before, after] = state.times_of(n);
    text +=
        formatted("%s: %.3f ms -> %.3f ms (%.1f %%), the sum of its steps; 95 %% of the gain after %.0f s\n",
                  state.networks[n].name.c_str(), before / 1e6, after / 1e6,
                  before > 0 ? gain(after / before) : 0, state.seconds_to_gain(n, 0.95));
  }
  if (!state.failed.empty()) text += std::to_string(state.failed.size()) + " candidates failed:\n";
  for (const FailedCandidate& f : state.failed)
    text += "  " + f.step + ": " + name_of(f.outcome) + ": " + to_text(f.schedule) + "\n";
  return text +
         formatted("%d rows for %s, %d threads, on %s: ", state.rows_written, state.context.target.c_str(),
                   state.context.threads, state.machine().c_str()) +
         request.output + "\n";
}

namespace {

// Pairs of candidates tried and the best ratio to the default's time.
nlohmann::ordered_json curve_json(const StepState& s) {
  nlohmann::ordered_json curve = nlohmann::json::array();
  for (const CurvePoint& point : s.curve) curve.push_back({point.candidates, point.ratio});
  return curve;
}

}  // namespace

std::string tune_json(const TuneState& state, const TuneRequest& request) {
  nlohmann::ordered_json steps = nlohmann::json::array(), networks = nlohmann::json::array(),
                         failed = nlohmann::json::array();
  for (const StepState& s : state.steps)
    steps.push_back({{"step", s.step.name},
                     {"network", state.networks[s.step.network].name},
                     {"operation", s.step.operation},
                     {"problem", s.step.problem},
                     {"occurrences", s.step.occurrences},
                     {"default_us", s.default_nanoseconds / 1000},
                     {"best_us", s.nanoseconds() / 1000},
                     {"gain", 1 - s.ratio},
                     {"candidates", s.tried},
                     {"resumed", s.resumed},
                     {"curve", curve_json(s)},
                     {"tuned", s.best != s.default_schedule},
                     {"schedule", s.best},
                     {"failure", s.failure}});
  for (std::size_t n = 0; n < state.networks.size(); ++n) {
    const auto [before, after] = state.times_of(n);
    networks.push_back({{"network", state.networks[n].name},
                        {"default_ms", before / 1e6},
                        {"best_ms", after / 1e6},
                        {"seconds_to_95_percent_of_gain", state.seconds_to_gain(n, 0.95)}});
  }
  for (const FailedCandidate& f : state.failed)
    failed.push_back(
        {{"step", f.step}, {"schedule", f.schedule}, {"outcome", name_of(f.outcome)}, {"reason", f.reason}});
  const nlohmann::ordered_json all = {{"target", state.context.target},
                                      {"threads", state.context.threads},
                                      {"cpu", state.context.cpu},
                                      {"cores", state.cores},
                                      {"halide", state.context.halide},
                                      {"seconds", state.elapsed},
                                      {"rows", state.rows_written},
                                      {"folder", request.output},
                                      {"networks", networks},
                                      {"steps", steps},
                                      {"failed", failed}};
  return all.dump(2) + "\n";
}

}  // namespace effnet
