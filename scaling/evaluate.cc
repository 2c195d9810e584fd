#include "scaling/evaluate.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <utility>

#include "base/files.h"
#include "base/process.h"
#include "base/text.h"
#include "scaling/memory.h"
#include "scaling/predict.h"

namespace effnet {

Evaluator::Evaluator(EvaluationOptions options, ValueStore store, ScheduleRows rows)
    : options_(std::move(options)),
      store_(std::move(store)),
      rows_(std::move(rows)),
      meter_(options_.latency, store_) {}

Result<Evaluator> Evaluator::create(EvaluationOptions options) {
  const std::string cache = options.cache_dir.empty() ? default_cache_dir() : options.cache_dir;
  options.latency.jobs.cache_dir = cache;
  std::vector<std::string> operations;
  for (const Operator& op : operators()) operations.push_back(op.name);
  Result<ScheduleRows> rows =
      ScheduleRows::load(schedule_folders(options.latency.schedules, installed("share/effnet/schedules")),
                         options.latency.target.name, operations);
  if (!rows) return rows.status();
  return Evaluator(std::move(options), ValueStore((std::filesystem::path(cache) / "scaling").string()),
                   *std::move(rows));
}

Result<Plan> Evaluator::plan(const NetworkConfig& config) const {
  const Result<Network> network = build_network(config);
  if (!network) return network.status();
  return make_plan(*network, {options_.latency.target, options_.latency.threads, &rows_});
}

Result<double> Evaluator::value(const Objective& objective, const NetworkConfig& config) {
  switch (objective.measure) {
    case Measure::predicted:
      return predicted(config);
    case Measure::latency:
      return latency(config);
    case Measure::command:
      return score(objective.command, config);
    default:
      break;
  }
  const Result<Plan> planned = plan(config);
  if (!planned) return planned.status();
  if (objective.measure == Measure::arena)
    return static_cast<double>(memory_need(*planned, options_.latency.threads).arena);
  return static_cast<double>(objective.measure == Measure::parameters ? parameters(planned->network)
                                                                      : multiply_adds(planned->network));
}

Result<double> Evaluator::predicted(const NetworkConfig& config) {
  const Result<Plan> planned = plan(config);
  if (!planned) return planned.status();
  const Result<Prediction> prediction = predict_latency(*planned, rows_, options_.latency.threads);
  if (!prediction) return prediction.status();
  exact_share_ = std::min(exact_share_, prediction->exact);
  return prediction->milliseconds;
}

Result<double> Evaluator::latency(const NetworkConfig& config) {
  Result<std::optional<Latency>> known = meter_.known(config);
  if (!known) return known.status();
  const Result<Latency> measured = *known ? Result<Latency>(**known) : meter_.measure(config);
  if (!measured) return measured.status();
  if (!*known) tell(meter_.keep(config, *measured));
  const double baseline = measured->baseline_milliseconds;
  baseline_milliseconds_ = baseline_milliseconds_ > 0 ? std::min(baseline_milliseconds_, baseline) : baseline;
  return measured->ratio;
}

namespace {

// The network without its name: two names are one network.
std::string score_key(const std::string& command, NetworkConfig config) {
  config.name = "network";
  return "score of " + command + "\n" + network_file(config);
}

Result<double> run_command(const std::string& command, const std::string& file, double seconds) {
  const std::string what = "the command " + in_quotes(command);
  ProcessOptions options;
  options.wants_output = true;
  options.seconds = seconds;
  const Result<ProcessResult> run = run_process(shell_command(command, file), options);
  if (!run) return run.status();
  if (!run->in_time)
    return Status::error(what + formatted(" did not end within %g s (--command-seconds)", seconds));
  if (run->exit_status != 0) {
    const std::string line = last_line(run->errors);
    return Status::error(what + " failed with status " + std::to_string(run->exit_status) +
                         (line.empty() ? "" : ": " + in_quotes(line)));
  }
  const Result<double> score = parse_score(run->output);
  return score ? score : Status::error(what + " " + score.message());
}

}  // namespace

Result<double> Evaluator::score(const std::string& command, const NetworkConfig& config) {
  const std::string key = score_key(command, config);
  if (const auto values = store_.find(key); values && values->contains("score") && !options_.latency.forgets)
    return values->at("score");
  const Result<OwnedFolder> folder = OwnedFolder::create("effnet-scale-");
  if (!folder) return folder.status();
  const std::string file = folder->path() + "/" + config.name + ".json";
  if (Status status = write_file(file, network_file(config)); !status) return status;
  const Result<double> score = run_command(command, file, options_.command_seconds);
  if (!score) return score.status();
  tell(store_.keep(key, {{"score", *score}}));
  return *score;
}

void Evaluator::tell(const Status& kept) {
  if (kept || !options_.not_kept || std::exchange(told_, true)) return;
  options_.not_kept(kept);
}

Result<bool> Evaluator::is_quick(const Objective& objective, const NetworkConfig& config) const {
  if (objective.measure == Measure::command)
    return !options_.latency.forgets && store_.find(score_key(objective.command, config)).has_value();
  if (objective.measure != Measure::latency) return true;
  const Result<std::optional<Latency>> known = meter_.known(config);
  if (!known) return known.status();
  return known->has_value();
}

Result<double> parse_score(const std::string& output) {
  std::string line = last_line(output);
  const auto is_space = [](char c) { return c == ' ' || c == '\t' || c == '\r'; };
  while (!line.empty() && is_space(line.back())) line.pop_back();
  std::size_t first = 0;
  while (first < line.size() && is_space(line[first])) ++first;
  if (first < line.size() && line[first] == '+') ++first;
  double score = 0;
  const char *begin = line.data() + first, *end = line.data() + line.size();
  const auto [stop, error] = std::from_chars(begin, end, score);
  if (line.empty()) return Status::error("printed nothing; the last line of its output must be a number");
  if (error != std::errc() || stop != end || !std::isfinite(score))
    return Status::error("printed " + in_quotes(line) +
                         "; the last line of its output must be a finite number");
  return score;
}

}  // namespace effnet
