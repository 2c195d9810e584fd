// effnet bench: how fast a network runs, beside what the CPU could do at best.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstring>

#include "base/message.h"
#include "base/process.h"
#include "base/statistics.h"
#include "tools/effnet/bench_report.h"
#include "tools/effnet/commands.h"
#include "tools/effnet/model.h"
#include "tools/effnet/random_weights.h"
#include "tools/effnet/round_trip.h"

namespace effnet {
namespace {

constexpr int warm_up_runs = 3, least_runs = 5;
constexpr int parts = 3;  // of the measuring time; before, between and after them the peak is measured
constexpr double peak_window = 0.004;  // seconds
using Clock = std::chrono::steady_clock;

struct Options {
  ModelOptions model;
  double seconds = 3;
  int batch = 1;
  bool profile = false, last_map = false, json = false;
};

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// One network with one batch of inputs, run again and again.
class Runner {
 public:
  Runner(const Model& model, int batch)
      : model_(model),
        batch_(batch),
        inputs_(static_cast<std::size_t>(batch) * model.input_floats()),
        logits_(static_cast<std::size_t>(batch) * static_cast<std::size_t>(model.info().classes)) {
    RandomNumbers random(2);
    for (float& value : inputs_) value = random(2);
  }

  // Seconds. `last_map`: where that goes, too; null: it is not wanted.
  Result<double> run(float* last_map = nullptr) {
    const auto start = Clock::now();
    if (Status status = model_.run(batch_, inputs_.data(), {logits_.data(), nullptr, last_map}); !status)
      return status;
    return seconds_since(start);
  }

  // At least `least` runs, and until `seconds` are over; appends their times.
  Status run_for(double seconds, int least, std::vector<double>& times) {
    const auto start = Clock::now();
    for (int runs = 0; runs < least || seconds_since(start) < seconds; runs++) {
      const Result<double> time = run();
      if (!time) return time.status();
      times.push_back(*time);
    }
    return {};
  }

  bool finite() const {
    return std::all_of(logits_.begin(), logits_.end(), [](float value) { return std::isfinite(value); });
  }

 private:
  const Model& model_;
  int batch_;
  std::vector<float> inputs_, logits_;
};

// The one in use; null when the library does not list it.
const effnet_variant* variant_of(const Model& model) {
  const effnet_program& program = *model.library().program;
  const effnet_variant* end = program.variants + program.variant_count;
  const effnet_variant* variant = std::find_if(program.variants, end, [&](const effnet_variant& candidate) {
    return std::strcmp(candidate.target, model.info().target) == 0;
  });
  return variant == end ? nullptr : variant;
}

// The variant in use says which instructions it needs and how much its steps compute.
Status describe(const Model& model, BenchResult& result) {
  const effnet_info& info = model.info();
  const effnet_variant* variant = variant_of(model);
  if (variant == nullptr)
    return Status::error(model.library().path + ": runs a target that it does not list");
  for (int i = 0; i < variant->step_count; i++) {
    result.multiply_adds += result.batch * variant->steps[i].multiply_adds;
    result.short_multiply_adds += result.batch * variant->steps[i].paired_multiply_adds;
    result.activations += result.batch * variant->steps[i].activations;
  }
  result.instructions = instruction_set(variant->cpu_features);
  result.library = info.name, result.network = info.network, result.target = info.target;
  result.precision = info.precision;
  if (result.precision == "int8") result.products = ShortProducts::byte_fours;
  result.threads = info.threads, result.resolution = info.resolution;
  result.arena_bytes = info.arena_bytes, result.weights_bytes = info.weights_bytes;
  result.cpu = cpu_model();
  return {};
}

Status profile(const Model& model, Runner& runner, double seconds, BenchResult& result) {
  std::vector<double> times;
  model.library().profile_start(model.get());
  Status status = runner.run_for(seconds, least_runs, times);
  model.library().profile_stop(model.get());
  if (!status) return status;
  const auto runs = static_cast<double>(times.size());
  for (const double time : times) result.profiled_run += time / runs;
  const effnet_step_profile* steps = model.library().get_profile(model.get());
  const effnet_variant* variant = variant_of(model);
  const auto of_short = [&](int i) { return variant ? variant->steps[i].paired_multiply_adds : 0; };
  for (int i = 0; i < model.info().steps; i++)
    result.steps.push_back({steps[i].name, steps[i].operation, result.batch * steps[i].multiply_adds,
                            result.batch * of_short(i), result.batch * steps[i].activations,
                            result.batch * steps[i].bytes, steps[i].tasks, steps[i].seconds / runs});
  return {};
}

// What a class activation map costs: the last map is copied out.
Status measure_last_map(const Model& model, Runner& runner, double seconds, BenchResult& result) {
  const effnet_info& info = model.info();
  std::vector<float> last_map(
      static_cast<std::size_t>(result.batch) * static_cast<std::size_t>(info.map_height) *
      static_cast<std::size_t>(info.map_width) * static_cast<std::size_t>(info.features));
  std::vector<double> with, without;
  const auto start = Clock::now();
  for (int runs = 0; runs < least_runs || seconds_since(start) < seconds; runs++)
    for (const auto& [times, target] :
         {std::pair(&without, static_cast<float*>(nullptr)), std::pair(&with, last_map.data())}) {
      const Result<double> time = runner.run(target);
      if (!time) return time.status();
      times->push_back(*time);
    }
  result.last_map = LastMapTimes{median(without), median(with)};
  return {};
}

Status measure(const Model& model, const Options& options, BenchResult& result) {
  result.batch = options.batch;
  result.spreads_images = options.model.spreads_images && options.model.threads > 1;
  if (Status status = describe(model, result); !status) return status;
  Runner runner(model, options.batch);
  std::vector<double> warm_up;
  if (Status status = runner.run_for(options.seconds / 20, warm_up_runs, warm_up); !status) return status;
  if (!runner.finite()) print_warning("effnet bench", "the result is not finite, which may change the speed");

  const auto measure_peak = [&] {
    result.peak =
        best(result.peak, measure_rates(result.instructions, result.threads, peak_window, result.products));
  };
  measure_peak();
  for (int part = 0; part < parts; part++) {
    const int least = (least_runs + parts - 1) / parts;
    if (Status status = runner.run_for(options.seconds / parts, least, result.runs); !status) return status;
    measure_peak();
  }
  std::sort(result.runs.begin(), result.runs.end());
  if (result.threads >= 2) result.round_trip_ns = round_trip_ns(result.threads);
  if (options.last_map)
    if (Status status = measure_last_map(model, runner, options.seconds / 2, result); !status) return status;
  if (options.profile) return profile(model, runner, options.seconds / 2, result);
  return {};
}

Status report(const Model& model, const Options& options, BenchResult& result) {
  if (Status status = measure(model, options, result); !status) return status;
  std::fputs((options.json ? bench_json(result) : bench_text(result)).c_str(), stdout);
  return {};
}

// Spreading that nothing would come of, or steps that are not those of the runs beside them.
Status check(const Options& options) {
  if (!options.model.spreads_images) return {};
  if (options.batch < options.model.threads)
    return Status::error("--spread-images needs a --batch of at least as many inputs as --threads: " +
                         std::to_string(options.batch) + " is less than " +
                         std::to_string(options.model.threads));
  if (options.profile)
    return Status::error("--profile measures steps on all threads, not those of --spread-images: take one");
  return {};
}

Status run(const Options& options) {
  if (Status status = check(options); !status) return status;
  BenchResult result;
  if (!options.model.weights.empty()) {
    result.weights = options.model.weights;
    const Result<Model> model = Model::open(options.model);
    return model ? report(*model, options, result) : model.status();
  }
  const Result<std::string> path = find_library(options.model.model, options.model.library_folder);
  if (!path) return path.status();
  const Result<ModelLibrary> library = load_library(*path);
  if (!library) return library.status();
  const Result<RandomWeights> weights = RandomWeights::make(*library->program);
  if (!weights) return weights.status();
  result.weights = "random";
  const Result<Model> model = Model::open(*library, weights->file(), options.model);
  return model ? report(*model, options, result) : model.status();
}

}  // namespace

Command add_bench(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("bench", "Measure a network's speed against this CPU's peak.");
  add_model_options(*command, options->model, "random numbers");
  command->add_option("--seconds", options->seconds, "how long to measure (default: 3)")
      ->type_name("S")
      ->check(CLI::Range(0.01, 3600.0));
  command->add_option("--batch", options->batch, "inputs in one run (default: 1)")
      ->type_name("N")
      ->check(CLI::Range(1, 1024));
  command->add_flag("--copy-weights", options->model.copies_weights,
                    "weights in memory of the model's own, in huge pages where the system has them");
  command->add_flag("--spread-images", options->model.spreads_images,
                    "run as many of a batch's inputs at the same time as there are threads");
  command->add_flag("--profile", options->profile, "measure every step, too");
  command->add_flag("--last-map", options->last_map,
                    "measure what keeping the last map costs, as effnet cam does");
  command->add_flag("--json", options->json, "print one JSON document");
  command->footer("Example:\n  effnet bench efficientnet_b0 --threads 2 --profile");
  return {command, [options] { return run(*options); }};
}

}  // namespace effnet
