#include <cstdio>
#include <nlohmann/json.hpp>

#include "autotune/compare.h"
#include "autotune/report.h"
#include "autotune/tuner.h"
#include "base/files.h"
#include "base/progress.h"
#include "base/text.h"
#include "base/unfinished.h"
#include "tools/effnet/bandwidth.h"
#include "tools/effnet/peak.h"
#include "tools/effnetc/commands.h"
#include "tools/effnetc/tune_view.h"

namespace effnet {

namespace {

struct TuneArguments {
  std::vector<std::string> networks;
  std::string target = "host", precision = "fp32", budget = "10m", search = "evolution";
  std::string merge, report;
  std::vector<std::string> compare;  // logs
  bool json = false;
  TuneRequest request;
};

// "90s", "10m", "1h" -> seconds.
Result<double> parse_budget(const std::string& text) {
  char* end = nullptr;
  const double number = std::strtod(text.c_str(), &end);
  const std::string unit = end;
  const double seconds = unit == "s" ? 1 : unit == "m" ? 60 : unit == "h" ? 3600 : 0;
  if (end == text.c_str() || seconds == 0 || !(number > 0) || number * seconds > 1e7)
    return Status::error("--budget " + in_quotes(text) + " is no time; 90s, 10m and 1h are");
  return number * seconds;
}

// Of this machine; none where candidates run on another.
Peaks machine_peaks(const TuneRequest& r) {
  if (r.estimate || !r.runner.empty() || !runs_here(r.target)) return {};
  const auto has = [&](const char* feature) {
    const auto& list = r.target.cpu_features;
    return std::find(list.begin(), list.end(), feature) != list.end();
  };
  const InstructionSet set = has("NEON")     ? InstructionSet::neon
                             : has("AVX512") ? InstructionSet::avx512
                             : has("AVX2")   ? InstructionSet::avx2
                             : has("AVX")    ? InstructionSet::avx
                                             : InstructionSet::sse;
  Rates rates;
  double bandwidth = 0;
  for (int i = 0; i < 20; ++i) {  // short, so that some of them are disturbed by nobody
    rates = best(rates, measure_rates(set, r.threads, 0.003));
    bandwidth = std::max(bandwidth, measure_bandwidth(r.threads, 0.02));
  }
  return {rates.flops, bandwidth};
}

nlohmann::ordered_json comparison_json(const std::vector<StepComparison>& steps) {
  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  for (const StepComparison& s : steps) {
    nlohmann::ordered_json candidates = nlohmann::ordered_json::array();
    for (const ComparedCandidate& c : s.candidates)
      candidates.push_back({{"schedule", c.schedule},
                            {"measured", c.ratio},
                            {"compute", c.estimate.compute},
                            {"loop_ends", c.estimate.loop_ends},
                            {"second_cache", c.estimate.second_cache},
                            {"memory", c.estimate.memory}});
    json.push_back({{"step", s.step},
                    {"operation", s.operation},
                    {"rank_correlation", s.correlation},
                    {"best", s.best},
                    {"best_by_estimate", s.best_by_estimate},
                    {"candidates", std::move(candidates)}});
  }
  return json;
}

// How estimates rank what another run measured.
Status run_compare(const TuneArguments& a) {
  std::unique_ptr<Progress> bar;
  const Result<std::vector<StepComparison>> steps =
      compare_estimates(a.request, a.compare, [&](int done, int total) {
        if (done == 1) bar = std::make_unique<Progress>("estimate", total);  // of one step
        bar->advance();
      });
  bar.reset();
  if (!steps) return steps.status();
  if (a.json) {
    std::printf("%s\n", comparison_json(*steps).dump(2).c_str());
    return {};
  }
  std::printf("%-28s %10s %16s %6s %17s\n", "step", "candidates", "rank correlation", "best",
              "best by estimate");
  for (const StepComparison& s : *steps)
    std::printf("%-28s %10zu %16.3f %6.3f %17.3f\n", s.step.c_str(), s.candidates.size(), s.correlation,
                s.best, s.best_by_estimate);
  return {};
}

Status run_tune(TuneArguments& a) {
  TuneRequest& r = a.request;
  if (r.log.empty()) r.log = default_log_path();
  if (!a.merge.empty()) {
    Result<TuningLog> log = TuningLog::open(r.log);
    if (!log) return log.status();
    Result<int> added = log->merge(a.merge);
    if (!added) return added.status();
    std::printf("%s: %d candidates of %s added\n", r.log.c_str(), *added, a.merge.c_str());
    if (a.networks.empty()) return {};
  }
  if (a.networks.empty()) return Status::error("NETWORK is missing: what is to be tuned");
  for (const std::string& name : a.networks) {
    Result<NetworkConfig> config = find_network(name);
    if (!config) return config.status();
    r.networks.push_back(*std::move(config));
  }
  Result<CpuTarget> target = find_target(a.target);
  if (!target) return target.status();
  r.target = *target;
  Result<Precision> precision = find_precision(a.precision);
  if (!precision) return precision.status();
  r.precision = *precision;
  if (!a.compare.empty()) return run_compare(a);
  Result<double> budget = parse_budget(a.budget);
  if (!budget) return budget.status();
  r.budget_seconds = *budget;
  r.strategy = a.search == "random" ? Strategy::random : Strategy::evolution;
  r.output = r.schedules.empty() ? user_schedule_folder() : r.schedules;
  if (r.output.empty())
    return Status::error("there is no home folder: --schedules names where rows are written");
  ask_before_ending();
  TuneState state;
  TuneView view;
  TuneListener listener{[&](const TuneState& now) { view.show(now); },
                        [&](const std::string& line) { view.say(line); }};
  Status tuned = tune(r, listener, state);
  view.clear();
  if (!tuned) return tuned;
  if (!a.report.empty())
    if (Status status = write_file(a.report, tune_report(state, machine_peaks(r))); !status) return status;
  std::fputs((a.json ? tune_json(state, r) : tune_tables(state, r)).c_str(), stdout);
  if (state.stopped)
    return Status::error("stopped by a signal; what was known is written, and the same command goes on");
  return {};
}

// What is read and written.
void add_file_options(CLI::App& command, TuneArguments& a) {
  TuneRequest& r = a.request;
  command.add_option("--log", r.log, "Where measurements are kept (default: in the user's data folder)")
      ->type_name("FILE");
  command.add_option("--merge", a.merge, "Adds the measurements of another log to this one")
      ->type_name("OTHER.log");
  command
      .add_option("--schedules", r.schedules,
                  "Folder of rows to start from and to write (default: the user's)")
      ->type_name("DIR");
  command.add_option("--cache-dir", r.jobs.cache_dir,
                     "Cache of the defaults' kernels (default: ~/.cache/effnet)");
  command.add_option("--report", a.report, "A page with search curves, rooflines and gains")
      ->type_name("FILE.html");
}

// Who says how good candidates are.
void add_judge_options(CLI::App& command, TuneArguments& a) {
  TuneRequest& r = a.request;
  CLI::Option* runner =
      command.add_option("--runner", r.runner, "Command that runs a candidate elsewhere; {} is its path")
          ->type_name("CMD");
  CLI::Option* estimate =
      command
          .add_flag("--estimate", r.estimate,
                    "Ranks candidates by a model of the CPU named by --cpu, from their code, instead of "
                    "measuring them; needs llvm-mca")
          ->excludes(runner);
  command.add_option("--cpu", r.cpu, "For --estimate: cortex-a76, znver4, ...")
      ->needs(estimate)
      ->type_name("NAME");
  command
      .add_option(
          "--compare", a.compare,
          "With --estimate: shows how well it ranks the candidates that this log has of this machine; of "
          "several logs, those that all have, by the median of their times")
      ->needs(estimate)
      ->check(CLI::ExistingFile)
      ->type_name("FILE");
}

}  // namespace

void add_tune(CLI::App& app, Commands& commands) {
  CLI::App* command = app.add_subcommand(
      "tune", "Finds fast schedules for a CPU, by measuring or from their code, and writes them as rows");
  command->footer("Example:\n  effnetc tune efficientnet_b0 --target host --threads 1 --budget 10m");
  const auto a = std::make_shared<TuneArguments>();
  TuneRequest& r = a->request;
  command->add_option("NETWORK", a->networks, "Names of `effnetc list`, or network files (.json)");
  command->add_option("--target", a->target, "host, a name of `effnetc targets` or a Halide target string")
      ->capture_default_str();
  add_precision_option(*command, a->precision);
  command->add_option("--threads", r.threads, "Tunes for so many threads")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  command->add_option("--budget", a->budget, "Time: 90s, 10m, 1h")->capture_default_str();
  command
      ->add_option("--candidates", r.most_candidates, "Ends after so many new ones, also before the budget")
      ->check(CLI::Range(1, 1000000));
  add_file_options(*command, *a);
  add_judge_options(*command, *a);
  command->add_option("--jobs", r.jobs.jobs, "Candidates compiled at a time (default: as many as cores)")
      ->check(CLI::Range(1, 1024));
  command->add_option("--cc", r.cc,
                      "C compiler that links static programs for the target (default: cc, clang for another "
                      "kind of machine)");
  command->add_option("--step", r.only, "Only steps of that name or operator")->type_name("NAME");
  command->add_option("--search", a->search, "evolution or random")
      ->check(CLI::IsMember({"evolution", "random"}))
      ->capture_default_str();
  command->add_option("--seed", r.seed, "Of the search")->capture_default_str();
  command->add_option("--candidate-seconds", r.candidate_seconds, "A candidate that runs longer is given up")
      ->check(CLI::Range(1, 3600))
      ->capture_default_str();
  command->add_flag("--json", a->json, "Results as JSON");
  commands.push_back({command, [a] { return run_tune(*a); }});
}

}  // namespace effnet
