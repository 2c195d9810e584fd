// effnet calibrate: which numbers the steps of 8 bit tensors stand for, from a network's tensors on pictures.
#include <algorithm>
#include <cstdlib>

#include "base/files.h"
#include "base/text.h"
#include "tasks/quantisation.h"
#include "tasks/tensor_statistics.h"
#include "tools/effnet/calibrate_report.h"
#include "tools/effnet/commands.h"
#include "tools/effnet/pictures.h"
#include "tools/effnet/rounded_run.h"

namespace effnet {
namespace {

constexpr double default_percentile = 99.99;

struct Options {
  ModelOptions model;
  PictureOptions pictures;
  std::string output, method = "mse";
  std::optional<double> percentile, max_loss;
  int crops = 0;
  bool json = false;
};

using Inputs = std::vector<std::vector<float>>;

// --- what the network computes from pictures ---

struct Observed {
  NetworkStatistics statistics;
  std::vector<float> input;  // of the whole picture
};

Status add_run(const Model& model, const std::vector<float>& input, NetworkStatistics& statistics) {
  Status wrong;  // the first
  std::vector<float> logits(static_cast<std::size_t>(model.info().classes));
  const Status run = model.run_observed(input.data(), logits.data(), [&](const effnet_observed& o) {
    const std::size_t pixels = static_cast<std::size_t>(o.height) * static_cast<std::size_t>(o.width);
    if (wrong)
      wrong = statistics.add({o.tensor, o.values, pixels, static_cast<std::size_t>(o.channels),
                              static_cast<std::size_t>(o.stride)});
  });
  return run ? wrong : run;
}

bool has_one_colour(const Picture& picture) {
  for (std::size_t i = 3; i < picture.rgb.size(); ++i)
    if (picture.rgb[i] != picture.rgb[i - 3]) return false;
  return true;
}

// All views of a picture, the whole one first.
Result<Observed> observe(const DecodedPicture& decoded, int crops) {
  if (has_one_colour(decoded.picture))
    return Status::error(
        "the picture has one colour: ranges come from pictures as the network will see them");
  const Result<std::vector<View>> views = views_of(decoded.picture, crops);
  if (!views) return views.status();
  const Model& model = decoded.model;
  std::vector<float> input(model.input_floats());
  Observed observed;
  for (const View& view : *views) {
    if (Status status = model.prepare(cut_out(decoded.picture, view), input); !status) return status;
    if (Status status = add_run(model, input, observed.statistics); !status) return status;
    if (observed.input.empty()) observed.input = input;
  }
  return observed;
}

// Before the pictures: whether the library shows its tensors at all.
Status check_observes(const Model& model) {
  const std::vector<float> input(model.input_floats());
  std::vector<float> logits(static_cast<std::size_t>(model.info().classes));
  return model.run_observed(input.data(), logits.data(), [](const effnet_observed&) {});
}

// --- what follows from it ---

// To six digits: more would say nothing.
double to_six_digits(double value) { return std::strtod(formatted("%.6g", value).c_str(), nullptr); }

bool is_constant(const Histogram& histogram) { return histogram.minimum() == histogram.maximum(); }

Status check_range(const TensorStatistics& statistics) {
  const Histogram& histogram = statistics.histogram;
  if (!is_constant(histogram)) return {};
  return Status::error(
      "the tensor " + in_quotes(statistics.name) +
      formatted(" is %g everywhere in all pictures", static_cast<double>(histogram.minimum())) +
      ": it has no range; more and other pictures, or other weights, are needed");
}

CalibratedTensor calibrate(const TensorStatistics& statistics, const Options& options) {
  const Histogram& histogram = statistics.histogram;
  Steps steps;  // of a constant that is not stored any will do
  if (!is_constant(histogram))
    steps = steps_of(choose_range(histogram, range_methods().at(options.method),
                                  options.percentile.value_or(default_percentile)));
  CalibratedTensor tensor;
  tensor.minimum = to_six_digits(histogram.minimum());
  tensor.maximum = to_six_digits(histogram.maximum());
  tensor.scale = steps.scale;
  tensor.zero_point = steps.zero_point;
  if (!is_constant(histogram)) tensor.loss = to_six_digits(quantisation_loss(histogram, steps));
  for (const double mean : statistics.means()) tensor.means.push_back(to_six_digits(mean));
  return tensor;
}

// What can be kept, in the order of the data.
std::vector<std::string> blocks_of(const CalibrationOutcome& outcome) {
  std::vector<std::string> blocks;
  for (const std::string& tensor : outcome.tensors) {
    const auto stored = outcome.stored.find(tensor);
    if (stored == outcome.stored.end() || stored->second == "head") continue;
    if (blocks.empty() || blocks.back() != stored->second) blocks.push_back(stored->second);
  }
  return blocks;
}

// What rounding costs the scores; with --max-loss also which blocks have to be kept.
Result<LossBudget> measure(const Model& model, const CalibrationOutcome& outcome,
                           const std::optional<double>& max_loss, Inputs inputs) {
  const Result<RoundedRun> run =
      RoundedRun::create(model, outcome.calibration, outcome.stored, std::move(inputs));
  if (!run) return run.status();
  std::vector<std::string> blocks;
  if (max_loss) blocks = blocks_of(outcome);
  Progress progress("measure", 2 * static_cast<double>(blocks.size()) + 1);
  return keep_worst(blocks, max_loss.value_or(0), [&](const RoundedReaders& rounded) {
    Result<double> loss = run->loss(rounded);
    progress.advance();
    return loss;
  });
}

Result<CalibrationOutcome> calibrate(const NetworkStatistics& statistics, const Options& options,
                                     const Model& model, Inputs inputs) {
  CalibrationOutcome outcome;
  Calibration& calibration = outcome.calibration;
  calibration.network = model.library().program->network;
  calibration.fingerprint = model.library().program->fingerprint;
  calibration.method = options.method;
  for (const TensorStatistics& tensor : statistics.tensors()) outcome.tensors.push_back(tensor.name);
  outcome.stored = stored_tensors(outcome.tensors);
  for (const TensorStatistics& tensor : statistics.tensors()) {
    if (outcome.stored.contains(tensor.name))
      if (Status status = check_range(tensor); !status) return status;
    calibration.tensors[tensor.name] = calibrate(tensor, options);
  }
  Result<LossBudget> measured = measure(model, outcome, options.max_loss, std::move(inputs));
  if (!measured) return measured.status();
  outcome.measured = *std::move(measured);
  calibration.kept = outcome.measured.kept;
  if (!options.max_loss || outcome.measured.loss <= *options.max_loss) return outcome;
  return Status::error(formatted(
      "the loss is %.2g with every block kept in floats, more than --max-loss %g: the last block's output "
      "stays rounded",
      outcome.measured.loss, *options.max_loss));
}

Status check(const Options& options) {
  if (!options.percentile || range_methods().at(options.method) == RangeMethod::percentile) return {};
  return Status::error("--percentile goes with --method percentile, not with " + options.method);
}

Status run(const Options& options) {
  if (Status status = check(options); !status) return status;
  if (Status status = check_writable(options.output); !status) return status;
  Result<PictureRun> pictures = PictureRun::start("effnet calibrate", options.model, options.pictures);
  if (!pictures) return pictures.status();
  if (Status status = check_observes(pictures->model()); !status) return status;
  pictures->expect_runs(view_count(augmentation_of(options.crops)));
  constexpr std::size_t most_inputs = 16;  // on which losses are measured
  NetworkStatistics statistics;
  Inputs inputs;
  std::int64_t count = 0;
  Status all = pictures->for_each<Observed>(
      [&](const DecodedPicture& decoded) { return observe(decoded, options.crops); },
      [&](const std::string&, Observed observed) {
        statistics.merge(observed.statistics);
        if (inputs.size() < most_inputs) inputs.push_back(std::move(observed.input));
        ++count;
        return Status();
      });
  if (!all) return all;  // of all pictures or of none
  Result<CalibrationOutcome> outcome = calibrate(statistics, options, pictures->model(), std::move(inputs));
  if (!outcome) return outcome.status();
  outcome->calibration.pictures = count;
  if (Status status = write_calibration(outcome->calibration, options.output); !status) return status;
  options.json ? print_json(options.output, *outcome) : print_text(options.output, *outcome);
  return {};
}

}  // namespace

Command add_calibrate(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "calibrate", "Find the ranges of a network's tensors, for effnetc import --precision int8.");
  add_model_options(*command, options->model, "<name>.weights beside the library");
  add_picture_options(*command, options->pictures);
  command->add_option("-o,--output", options->output, "calibration, for effnetc import --calibration")
      ->required()
      ->type_name("FILE");
  command
      ->add_option(
          "--method", options->method,
          "range of a tensor: mse, the one whose steps change the values least (default); percentile, "
          "without the outermost values; minmax, all of them")
      ->type_name("METHOD")
      ->check(CLI::IsMember(range_methods()));
  command
      ->add_option(
          "--percentile", options->percentile,
          "with --method percentile: 100 - P percent of the values are cut off at each end (default: 99.99)")
      ->type_name("P")
      ->check(CLI::Range(50.0, 100.0));
  command
      ->add_option(
          "--max-loss", options->max_loss,
          "keep the blocks that lose most in floats, until the scores lose no more than this: power of "
          "the difference to power of the scores less their mean, measured with rounded tensors and exact "
          "weights (default: keep none)")
      ->type_name("X")
      ->check(CLI::Range(0.0, 1e9));
  add_crops_option(*command, options->crops);
  command->add_flag("--json", options->json, "print one JSON document");
  command->footer(
      "Example:\n  effnet calibrate out/libb0_observe.so --weights b0.weights photos/ --crops 8 -o b0.json\n"
      "MODEL is of effnetc compile efficientnet_b0 --observe --name b0_observe --shared -o out");
  return {command, [options] { return run(*options); }};
}

}  // namespace effnet
