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

// How long multiply-adds take at the peak of their instructions; none where there are short products, whose peak is not
// measured.
std::optional<double> seconds_at_peak(const Rates& peak, double multiply_adds, double of_short) {
  if (of_short > 0 && peak.short_flops == 0) return std::nullopt;
  return ratio(2 * (multiply_adds - of_short), peak.flops) + ratio(2 * of_short, peak.short_flops);
}

std::optional<double> share(const std::optional<double>& part, double whole) {
  return part ? std::optional(ratio(*part, whole)) : std::nullopt;
}

const char* name_of(ShortProducts products) {
  return products == ShortProducts::bf16_pairs ? "bf16 pairs" : "8 bit fours";
}

nlohmann::ordered_json as_json(const std::optional<double>& number, double factor = 1) {
  return number ? nlohmann::ordered_json(factor * *number) : nullptr;
}

double sum_of_steps(const BenchResult& result) {
  double seconds = 0;
  for (const StepTime& step : result.steps) seconds += step.seconds;
  return seconds;
}

std::optional<double> peak_share(const Rates& peak, const StepTime& step) {
  return share(seconds_at_peak(peak, step.multiply_adds, step.short_multiply_adds), step.seconds);
}

// Null where it would be needed and is not measured.
nlohmann::ordered_json short_peak(const BenchResult& result) {
  const double peak = result.peak.short_flops;
  return as_json(peak == 0 && result.short_multiply_adds > 0 ? std::nullopt : std::optional(peak), 1e-9);
}

std::string percent(const std::optional<double>& part) {
  std::string text = part ? "" : "-";
  if (part) append(text, "%.1f", 100 * *part);
  return text;
}

void append_step(std::string& text, const BenchResult& result, const std::string& name,
                 const StepTime& step) {
  const double flops = ratio(2 * step.multiply_adds, step.seconds);
  append(text, "%-28s %-52s %8.3f %6.1f %8.1f %6s %8.2f\n", name.c_str(), step.operation.c_str(),
         step.seconds * 1e3, 100 * ratio(step.seconds, sum_of_steps(result)), flops / 1e9,
         percent(peak_share(result.peak, step)).c_str(), step.bytes / 1e6);
}

// The steps, then their sums by operation: the operation's first word.
void append_profile(std::string& text, const BenchResult& result) {
  append(text, "\n%-28s %-52s %8s %6s %8s %6s %8s\n", "step", "operation", "ms", "time %", "GFLOP/s",
         "peak %", "MB");
  std::map<std::string, StepTime> sums;
  for (const StepTime& step : result.steps) {
    append_step(text, result, step.name, step);
    StepTime& sum = sums[step.operation.substr(0, step.operation.find(' '))];
    sum.short_multiply_adds += step.short_multiply_adds;
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

void append_speed(std::string& text, const BenchResult& result, const Summary& summary) {
  append(text, "  speed    %.1f GFLOP/s", summary.flops / 1e9);
  if (!summary.multiply_add_bound) {
    append(text, "; the peak of %s is not measured on this CPU: no bound\n", name_of(result.products));
    return;
  }
  append(text, ", %.1f %% of the peak of %.1f GFLOP/s",
         100 * ratio(*summary.multiply_add_bound, summary.median), result.peak.flops / 1e9);
  if (result.short_multiply_adds > 0)
    append(text, ", %.1f of %s,", result.peak.short_flops / 1e9, name_of(result.products));
  append(text,
         " measured meanwhile\n"
         "  bound    %.3f ms (multiply-adds %.3f + activations %.3f): %.2f times as fast as the median\n",
         *summary.bound() * 1e3, *summary.multiply_add_bound * 1e3, summary.activation_bound * 1e3,
         ratio(summary.median, *summary.bound()));
}

std::string batch_text(const BenchResult& result) {
  if (result.batch == 1) return "";
  const std::string text = ", batch of " + std::to_string(result.batch);
  return result.spreads_images ? text + " spread over the threads" : text;
}

}  // namespace

std::optional<double> Summary::bound() const {
  return multiply_add_bound ? std::optional(*multiply_add_bound + activation_bound) : std::nullopt;
}

Summary summarize(const BenchResult& result) {
  Summary summary;
  summary.median = median(result.runs);
  summary.fastest = result.runs.front();
  summary.p95 = quantile(result.runs, 0.95);
  summary.flops = ratio(2 * result.multiply_adds, summary.median);
  summary.multiply_add_bound = seconds_at_peak(result.peak, result.multiply_adds, result.short_multiply_adds);
  summary.activation_bound = ratio(result.activations, result.peak.activations);
  return summary;
}

std::string bench_text(const BenchResult& result) {
  const Summary summary = summarize(result);
  std::string text;
  append(text, "%s %dx%d%s, %s, target %s (%s), %d %s, %s weights\n", result.network.c_str(),
         result.resolution, result.resolution, batch_text(result).c_str(), result.precision.c_str(),
         result.target.c_str(), instruction_set_name(result.instructions), result.threads,
         result.threads == 1 ? "thread" : "threads", result.weights == "random" ? "random" : "given");
  append(text, "  CPU      %s\n", result.cpu.c_str());
  append(text, "  time     median %.3f ms, fastest %.3f ms, 95 %% within %.3f ms, %zu runs\n",
         summary.median * 1e3, summary.fastest * 1e3, summary.p95 * 1e3, result.runs.size());
  append_speed(text, result, summary);
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
      {"spread_images", result.spreads_images},
      {"weights", result.weights},
      {"median_ms", summary.median * 1e3},
      {"min_ms", summary.fastest * 1e3},
      {"p95_ms", summary.p95 * 1e3},
      {"runs", result.runs.size()},
      {"multiply_adds", result.multiply_adds},
      {"activations", result.activations},
      {"gflops", summary.flops / 1e9},
      {"peak_fraction", as_json(share(summary.multiply_add_bound, summary.median))},
      {"peak_gflops", result.peak.flops / 1e9},
      {"pair_peak_gflops", short_peak(result)},
      {"peak_gflops_per_thread", result.peak.flops / result.threads / 1e9},
      {"bound_ms", as_json(summary.bound(), 1e3)},
      {"fma_bound_ms", as_json(summary.multiply_add_bound, 1e3)},
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
                               {"peak_fraction", as_json(peak_share(result.peak, step))},
                               {"multiply_adds", step.multiply_adds},
                               {"activations", step.activations},
                               {"bytes", step.bytes},
                               {"tasks", step.tasks}});
    }
  }
  return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace effnet
