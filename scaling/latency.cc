#include "scaling/latency.h"

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/process.h"
#include "base/statistics.h"
#include "base/text.h"
#include "generators/compile.h"

namespace effnet {

namespace fs = std::filesystem;

LibraryRequest LatencyMeter::request(const NetworkConfig& config) const {
  LibraryRequest request;
  request.network = config;
  request.targets = {options_.target};
  request.shared = true;
  request.threads = options_.threads;
  request.cc = options_.cc;
  request.schedules = options_.schedules;
  request.jobs = options_.jobs;
  return request;
}

namespace {

// Everything that the speed of a library depends on.
std::string text_of(const Plan& plan) {
  std::string text = plan.target.name + " " + plan.target.halide;
  for (const Step& step : plan.steps) {
    const Kernel& kernel = plan.kernels[step.kernel];
    text += "; " + kernel.operation + " " + find_operator(kernel.operation).algorithm_hash + " " +
            to_text(kernel.problem) + " | " + to_text(kernel.schedule) + " x " + std::to_string(step.blocks) +
            " x " + std::to_string(step.strips);
  }
  return text;
}

}  // namespace

Result<std::string> LatencyMeter::key_of(const NetworkConfig& config) const {
  std::string key = "latency on " + cpu_model() + ", " + std::to_string(options_.threads) +
                    " threads, Halide " + halide_version() +
                    formatted(", %d rounds of %g s", options_.rounds, options_.seconds);
  for (const NetworkConfig& network : {options_.baseline, config}) {
    const Result<LibraryPlan> library = plan_library(request(network));
    if (!library) return library.status();
    key += "\n" + text_of(library->variants.front());
  }
  return key;
}

Result<std::optional<Latency>> LatencyMeter::known(const NetworkConfig& config) const {
  if (options_.forgets) return std::optional<Latency>();
  const Result<std::string> key = key_of(config);
  if (!key) return key.status();
  const std::optional<ValueStore::Values> values = store_.find(*key);
  if (!values || !values->contains("ratio") || !values->contains("baseline_milliseconds"))
    return std::optional<Latency>();
  const Latency latency{values->at("ratio"), values->at("baseline_milliseconds")};
  if (!(latency.ratio > 0 && latency.baseline_milliseconds > 0)) return std::optional<Latency>();
  return std::optional<Latency>(latency);
}

Result<Latency> LatencyMeter::measure(const NetworkConfig& config) {
  if (Status status = prepare(); !status) return status;
  const Result<std::string> library = compile(config, folder_->path() + "/candidate");
  if (!library) return library.status();
  Result<Latency> latency = take_turns(*library);
  std::error_code ignored;
  fs::remove_all(fs::path(*library).parent_path(), ignored);
  return latency;
}

Status LatencyMeter::keep(const NetworkConfig& config, const Latency& latency) const {
  const Result<std::string> key = key_of(config);
  if (!key) return key.status();
  return store_.keep(*key,
                     {{"ratio", latency.ratio}, {"baseline_milliseconds", latency.baseline_milliseconds}});
}

Status LatencyMeter::prepare() {
  if (!runs_here(options_.target))
    return Status::error("this CPU does not run code for " + options_.target.name +
                         ": its latency cannot be measured here");
  if (!baseline_library_.empty()) return {};
  Result<OwnedFolder> folder = OwnedFolder::create("effnet-scale-");
  if (!folder) return folder.status();
  folder_ = std::make_unique<OwnedFolder>(*std::move(folder));
  Result<std::string> library = compile(options_.baseline, folder_->path() + "/baseline");
  if (!library) return library.status();
  baseline_library_ = *std::move(library);
  return {};
}

Result<std::string> LatencyMeter::compile(const NetworkConfig& config, const std::string& folder) const {
  LibraryRequest wanted = request(config);
  wanted.name = "network";
  wanted.folder = folder;
  if (Status status = build_library(wanted); !status) return status;
  return folder + "/libnetwork.so";
}

Result<double> LatencyMeter::run(const std::string& library) const {
  const std::string program = (fs::path(own_path()).parent_path() / "effnet").string();
  ProcessOptions options;
  options.wants_output = true;
  const Result<ProcessResult> run =
      run_process({program, "bench", library, "--threads", std::to_string(options_.threads), "--seconds",
                   formatted("%g", options_.seconds), "--json"},
                  options);
  if (!run) return run.status();
  if (!run->in_time) return Status::error("effnet bench did not end within 600 s");
  if (run->exit_status != 0)
    return Status::error("effnet bench failed with status " + std::to_string(run->exit_status) + ": " +
                         in_one_line(last_line(run->errors)));
  const nlohmann::json result = nlohmann::json::parse(run->output, nullptr, false);
  if (!result.is_object() || !result.contains("min_ms") || !result["min_ms"].is_number() ||
      !(result["min_ms"].get<double>() > 0))
    return Status::error("effnet bench printed no min_ms");
  return result["min_ms"].get<double>();
}

// The least time of a run is what the network takes when nobody disturbs it; the median over the rounds, in which the
// two take turns in going first, is not moved by rounds in which one of them was disturbed all the time.
Result<Latency> LatencyMeter::take_turns(const std::string& library) const {
  std::vector<double> ratios;
  double least = 0;
  for (int round = 0; round < options_.rounds; ++round) {
    double milliseconds[2];  // baseline, network
    for (int turn = 0; turn < 2; ++turn) {
      const int which = (turn + round) % 2;
      const Result<double> time = run(which == 0 ? baseline_library_ : library);
      if (!time) return time.status();
      milliseconds[which] = *time;
    }
    ratios.push_back(milliseconds[1] / milliseconds[0]);
    least = round == 0 ? milliseconds[0] : std::min(least, milliseconds[0]);
  }
  return Latency{median(ratios), least};
}

}  // namespace effnet
