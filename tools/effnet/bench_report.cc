#include "tools/effnet/bench_report.h"

#include <cstdarg>
#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>

#include "base/statistics.h"

namespace effnet {
namespace {

[[gnu::format(printf, 2, 3)]] void append(std::string& text, const char* format, ...) {
  char line[512];
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  text += line;
}

double ratio(double a, double b) { return b > 0 ? a / b : 0; }

// How long multiply-adds take at the peak of their instructions.
double seconds_at_peak(const Rates& peak, double multiply_adds, double paired) {
  if (paired > 0 && peak.pair_flops == 0) return 0;  // not measured
  return ratio(2 * (multiply_adds - paired), peak.flops) + ratio(2 * paired, peak.pair_flops);
}

double sum_of_steps(const BenchResult& result) {
  double seconds = 0;
  for (const StepTime& step : result.steps) seconds += step.seconds;
  return seconds;
}

double peak_share(const Rates& peak, const StepTime& step) {
  return ratio(seconds_at_peak(peak, step.multiply_adds, step.paired_multiply_adds), step.seconds);
}

void append_step(std::string& text, const BenchResult& result, const std::string& name,
                 const StepTime& step) {
  const double flops = ratio(2 * step.multiply_adds, step.seconds);
  append(text, "%-28s %-52s %8.3f %6.1f %8.1f %6.1f %8.2f\n", name.c_str(), step.operation.c_str(),
         step.seconds * 1e3, 100 * ratio(step.seconds, sum_of_steps(result)), flops / 1e9,
         100 * peak_share(result.peak, step), step.bytes / 1e6);
}

// The steps, then their sums by operation: the operation's first word.
void append_profile(std::string& text, const BenchResult& result) {
  append(text, "\n%-28s %-52s %8s %6s %8s %6s %8s\n", "step", "operation", "ms", "time %", "GFLOP/s",
         "peak %", "MB");
  std::map<std::string, StepTime> sums;
  for (const StepTime& step : result.steps) {
    append_step(text, result, step.name, step);
    StepTime& sum = sums[step.operation.substr(0, step.operation.find(' '))];
    sum.paired_multiply_adds += step.paired_multiply_adds;
    sum.multiply_adds += step.multiply_adds, sum.bytes += step.bytes, sum.seconds += step.seconds;
    sum.tasks++;
  }
  text += "\n";
  for (auto& [operation, sum] : sums) {
    sum.operation = std::to_string(sum.tasks) + (sum.tasks == 1 ? " step" : " steps");
    append_step(text, result, operation, sum);
  }
  append(text, "sum of the steps %.3f ms, %.1f %% of the profiled run's %.3f ms\n",
         sum_of_steps(result) * 1e3, 100 * ratio(sum_of_steps(result), result.profiled_run),
         result.profiled_run * 1e3);
}

}  // namespace

Summary summarize(const BenchResult& result) {
  Summary summary;
  summary.median = median(result.runs);
  summary.fastest = result.runs.front();
  summary.p95 = quantile(result.runs, 0.95);
  summary.flops = ratio(2 * result.multiply_adds, summary.median);
  summary.multiply_add_bound =
      seconds_at_peak(result.peak, result.multiply_adds, result.paired_multiply_adds);
  summary.activation_bound = ratio(result.activations, result.peak.activations);
  return summary;
}

std::string bench_text(const BenchResult& result) {
  const Summary summary = summarize(result);
  const std::string batch = result.batch == 1 ? "" : ", batch of " + std::to_string(result.batch);
  std::string pairs;  // where there are some
  if (result.paired_multiply_adds > 0)
    append(pairs, ", %.1f of %s,", result.peak.pair_flops / 1e9,
           result.precision == "bf16" ? "bf16 pairs" : "8 bit fours");
  std::string text;
  append(text, "%s %dx%d%s, %s, target %s (%s), %d %s, %s weights\n", result.network.c_str(),
         result.resolution, result.resolution, batch.c_str(), result.precision.c_str(), result.target.c_str(),
         instruction_set_name(result.instructions), result.threads,
         result.threads == 1 ? "thread" : "threads", result.weights == "random" ? "random" : "given");
  append(text, "  CPU      %s\n", result.cpu.c_str());
  append(text, "  time     median %.3f ms, fastest %.3f ms, 95 %% within %.3f ms, %zu runs\n",
         summary.median * 1e3, summary.fastest * 1e3, summary.p95 * 1e3, result.runs.size());
  append(text, "  speed    %.1f GFLOP/s, %.1f %% of the peak of %.1f GFLOP/s%s measured meanwhile\n",
         summary.flops / 1e9, 100 * ratio(summary.multiply_add_bound, summary.median),
         result.peak.flops / 1e9, pairs.c_str());
  append(text,
         "  bound    %.3f ms (multiply-adds %.3f + activations %.3f): %.2f times as fast as the median\n",
         summary.bound() * 1e3, summary.multiply_add_bound * 1e3, summary.activation_bound * 1e3,
         ratio(summary.median, summary.bound()));
  append(text, "  memory   arena %.2f MB, weights %.2f MB\n", static_cast<double>(result.arena_bytes) / 1e6,
         static_cast<double>(result.weights_bytes) / 1e6);
  if (result.round_trip_ns)
    append(text, "  cores    a cache line goes from one to another and back in %.0f ns\n",
           *result.round_trip_ns);
  if (result.last_map)
    append(text, "  last map %.3f ms with it, %.3f ms without, in turns: %+.1f %%\n",
           result.last_map->with * 1e3, result.last_map->without * 1e3,
           100 * (ratio(result.last_map->with, result.last_map->without) - 1));
  if (!result.steps.empty()) append_profile(text, result);
  return text;
}

std::string bench_json(const BenchResult& result) {
  const Summary summary = summarize(result);
  nlohmann::ordered_json json = {
      {"network", result.network},
      {"library", result.library},
      {"precision", result.precision},
      {"target", result.target},
      {"instruction_set", instruction_set_name(result.instructions)},
      {"cpu", result.cpu},
      {"threads", result.threads},
      {"resolution", result.resolution},
      {"batch", result.batch},
      {"weights", result.weights},
      {"median_ms", summary.median * 1e3},
      {"min_ms", summary.fastest * 1e3},
      {"p95_ms", summary.p95 * 1e3},
      {"runs", result.runs.size()},
      {"multiply_adds", result.multiply_adds},
      {"activations", result.activations},
      {"gflops", summary.flops / 1e9},
      {"peak_fraction", ratio(summary.multiply_add_bound, summary.median)},
      {"peak_gflops", result.peak.flops / 1e9},
      {"pair_peak_gflops", result.peak.pair_flops / 1e9},
      {"peak_gflops_per_thread", result.peak.flops / result.threads / 1e9},
      {"bound_ms", summary.bound() * 1e3},
      {"fma_bound_ms", summary.multiply_add_bound * 1e3},
      {"activation_bound_ms", summary.activation_bound * 1e3},
      {"arena_bytes", result.arena_bytes},
      {"weights_bytes", result.weights_bytes},
  };
  if (result.threads >= 2) {
    json["round_trip_ns"] = nullptr;
    if (result.round_trip_ns) json["round_trip_ns"] = *result.round_trip_ns;
  }
  if (result.last_map) {
    json["with_last_map_ms"] = result.last_map->with * 1e3;
    json["without_last_map_ms"] = result.last_map->without * 1e3;
  }
  if (!result.steps.empty()) {
    json["profiled_run_ms"] = result.profiled_run * 1e3;
    json["steps_ms"] = sum_of_steps(result) * 1e3;
    for (const StepTime& step : result.steps) {
      const double flops = ratio(2 * step.multiply_adds, step.seconds);
      json["steps"].push_back({{"name", step.name},
                               {"operation", step.operation},
                               {"ms", step.seconds * 1e3},
                               {"share", ratio(step.seconds, sum_of_steps(result))},
                               {"gflops", flops / 1e9},
                               {"peak_fraction", peak_share(result.peak, step)},
                               {"multiply_adds", step.multiply_adds},
                               {"activations", step.activations},
                               {"bytes", step.bytes},
                               {"tasks", step.tasks}});
    }
  }
  return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace effnet
