#include "tools/effnetc/scale_search.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>

#include "base/files.h"
#include "base/progress.h"
#include "base/text.h"
#include "scaling/plot.h"
#include "scaling/tables.h"

namespace effnet {
namespace {

Result<std::vector<Objective>> parse_objectives(const std::vector<std::string>& texts) {
  std::vector<Objective> objectives;
  int commands = 0;
  for (const std::string& text : texts) {
    Result<Objective> objective = parse_objective(text);
    if (!objective) return objective.status();
    if (std::find(objectives.begin(), objectives.end(), *objective) != objectives.end())
      return Status::error("--objective " + in_quotes(text) + " stands there twice");
    if (objective->measure == Measure::command) objective->number = ++commands;
    objectives.push_back(*std::move(objective));
  }
  if (objectives.empty()) objectives.push_back(Objective{});
  return objectives;
}

// Before hours of measuring.
Status check_output(const std::string& path, const char* extension, const char* option) {
  if (path.empty()) return {};
  if (!path.ends_with(extension))
    return Status::error(std::string(option) + " " + in_quotes(path) + " must end in " + extension);
  return check_writable(path);
}

// A bar for one objective after the other.
class SearchView {
 public:
  SearchListener listener() {
    return {[this](const std::string& line) { say(line); },
            [this](const std::string& what, double total) { bar_ = std::make_unique<Progress>(what, total); },
            [this](double amount) { bar_->advance(amount); }};
  }

 private:
  void say(const std::string& line) {
    if (bar_) bar_->clear();
    std::fprintf(stderr, "effnetc scale: %s\n", in_one_line(line).c_str());
  }
  std::unique_ptr<Progress> bar_;
};

Status write_results(const ScaleSearchOptions& options, const SearchResult& result,
                     const std::string& output) {
  if (!options.table.empty())
    if (Status status = write_file(options.table, search_csv(result)); !status) return status;
  if (!options.plot.empty())
    if (Status status = write_file(options.plot, search_plot(result)); !status) return status;
  if (output.empty()) return {};
  NetworkConfig winner = result.candidates[result.winner].config;
  winner.name = std::filesystem::path(output).stem().string();
  return write_file(output, network_file(winner));
}

Status check_outputs(const ScaleSearchOptions& options, const std::string& output) {
  if (Status status = check_output(output, ".json", "--output"); !status) return status;
  if (Status status = check_output(options.table, ".csv", "--table"); !status) return status;
  return check_output(options.plot, ".svg", "--plot");
}

}  // namespace

Status run_scale_search(const ScaleSearchOptions& options, const NetworkConfig& baseline,
                        const CpuTarget& target, const std::string& output, bool as_json) {
  Result<std::vector<Objective>> objectives = parse_objectives(options.objectives);
  if (!objectives) return objectives.status();
  if (Status status = check_outputs(options, output); !status) return status;
  EvaluationOptions evaluation = options.evaluation;
  evaluation.latency.baseline = baseline;
  evaluation.latency.target = target;
  SearchView view;
  const SearchListener listener = view.listener();
  evaluation.not_kept = [&listener](const Status& status) {
    listener.say(status.message() + "; the next search begins anew");
  };
  Result<Evaluator> evaluator = Evaluator::create(evaluation);
  if (!evaluator) return evaluator.status();
  const SearchRequest request{baseline,     target,      evaluation.latency.threads,
                              options.grid, *objectives, options.last_phi};
  const Result<SearchResult> result = search_scaling(request, *evaluator, listener);
  if (!result) return result.status();
  if (Status status = write_results(options, *result, output); !status) return status;
  std::fputs((as_json ? search_json(*result) : search_text(*result)).c_str(), stdout);
  return {};
}

void add_search_options(CLI::App& command, CLI::Option* search, ScaleSearchOptions& options) {
  LatencyOptions& latency = options.evaluation.latency;
  const auto add = [&](CLI::Option* option) { return option->needs(search)->group("Grid search"); };
  add(command.add_option(
          "--objective", options.objectives,
          "flops, params, arena, predicted, latency or command:CMD; several make a Pareto front "
          "(default: flops)"))
      ->allow_extra_args(false)
      ->type_name("O");
  add(command.add_option("--cost", options.grid.cost,
                         "Wanted alpha * beta^2 * gamma^2: multiples of the baseline"))
      ->capture_default_str();
  add(command.add_option("--tolerance", options.grid.tolerance, "How far from it a point may be"))
      ->capture_default_str();
  add(command.add_option("--step", options.grid.step, "Of the grid"))->capture_default_str();
  add(command.add_option("--last-phi", options.last_phi,
                         "Ends the series of larger networks from the winner; 0: no series"))
      ->check(CLI::Range(0, 20))
      ->capture_default_str();
  add(command.add_option("--table", options.table, "All points of the grid"))->type_name("FILE.csv");
  add(command.add_option("--plot", options.plot, "Picture of front, winner and series"))
      ->type_name("FILE.svg");
  add(command.add_option("--threads", latency.threads, "Of measured and predicted latencies"))
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  add(command.add_option("--rounds", latency.rounds, "In which network and baseline take turns"))
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  add(command.add_option("--seconds", latency.seconds, "Of every turn"))
      ->check(CLI::Range(0.01, 600.0))
      ->capture_default_str();
  add(command.add_option("--command-seconds", options.evaluation.command_seconds,
                         "A command that takes longer fails"))
      ->check(CLI::Range(0.1, 1e7))
      ->capture_default_str();
  add(command.add_flag("--fresh", latency.forgets, "Measures and asks again what is in the cache"));
  add(command.add_option("--cache-dir", options.evaluation.cache_dir,
                         "Kernels, latencies and scores of earlier runs (default: ~/.cache/effnet)"))
      ->type_name("DIR");
  add(command.add_option("--schedules", latency.schedules,
                         "Folder of schedule rows that go before all others"))
      ->check(CLI::ExistingDirectory);
  add(command.add_option("--jobs", latency.jobs.jobs,
                         "Kernels compiled at a time (default: as many as cores)"))
      ->check(CLI::Range(1, 1024));
  add(command.add_option("--cc", latency.cc, "C compiler of the libraries that are measured (default: cc)"));
}

}  // namespace effnet
