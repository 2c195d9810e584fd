#include <cstdio>

#include "autotune/tuner.h"
#include "base/text.h"
#include "base/unfinished.h"
#include "tools/effnetc/commands.h"

namespace effnet {

namespace {

struct TuneArguments {
  std::vector<std::string> networks;
  std::string target = "host", budget = "10m", search = "evolution", merge;
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
  Result<double> budget = parse_budget(a.budget);
  if (!budget) return budget.status();
  r.budget_seconds = *budget;
  r.strategy = a.search == "random" ? Strategy::random : Strategy::evolution;
  r.output = r.schedules.empty() ? user_schedule_folder() : r.schedules;
  if (r.output.empty())
    return Status::error("there is no home folder: --schedules names where rows are written");
  ask_before_ending();
  TuneState state;
  TuneListener listener;
  listener.say = [](const std::string& line) { std::fprintf(stderr, "effnetc tune: %s\n", line.c_str()); };
  if (Status status = tune(r, listener, state); !status) return status;
  for (const StepState& s : state.steps)
    std::printf("%-28s %8.1f us -> %8.1f us  %5.1f %%  %d candidates | %s\n", s.step.name.c_str(),
                s.default_nanoseconds / 1000, s.nanoseconds() / 1000, 100 * (1 - s.ratio), s.tried,
                to_text(s.best).c_str());
  for (std::size_t n = 0; n < state.networks.size(); ++n) {
    const auto [before, after] = state.times_of(n);
    std::printf("%s: %.3f ms -> %.3f ms, %.1f %%\n", state.networks[n].name.c_str(), before / 1e6,
                after / 1e6, 100 * (1 - after / before));
  }
  std::printf("%d rows written to %s\n", state.rows_written, r.output.c_str());
  if (state.stopped)
    return Status::error("stopped by a signal; what was known is written, and the same command goes on");
  return {};
}

}  // namespace

void add_tune(CLI::App& app, Commands& commands) {
  CLI::App* command =
      app.add_subcommand("tune", "Finds fast schedules for a CPU by measuring, and writes them as rows");
  command->footer("Example:\n  effnetc tune efficientnet_b0 --target host --threads 1 --budget 10m");
  const auto a = std::make_shared<TuneArguments>();
  TuneRequest& r = a->request;
  command->add_option("NETWORK", a->networks, "Names of `effnetc list`, or network files (.json)");
  command->add_option("--target", a->target, "host, a name of `effnetc targets` or a Halide target string")
      ->capture_default_str();
  command->add_option("--threads", r.threads, "Tunes for so many threads")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  command->add_option("--budget", a->budget, "Time: 90s, 10m, 1h")->capture_default_str();
  command->add_option("--log", r.log, "Where measurements are kept (default: in the user's data folder)")
      ->type_name("FILE");
  command->add_option("--merge", a->merge, "Adds the measurements of another log to this one")
      ->type_name("OTHER.log");
  command
      ->add_option("--schedules", r.schedules,
                   "Folder of rows to start from and to write (default: the user's)")
      ->type_name("DIR");
  command->add_option("--jobs", r.jobs.jobs, "Candidates compiled at a time (default: as many as cores)")
      ->check(CLI::Range(1, 1024));
  command->add_option("--cc", r.cc, "C compiler that links static programs for the target")
      ->capture_default_str();
  command->add_option("--runner", r.runner, "Command that runs a candidate elsewhere; {} is its path")
      ->type_name("CMD");
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
