// effnet compare: how far two networks' scores of the same pictures are apart.
#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/files.h"
#include "base/progress.h"
#include "base/text.h"
#include "models/weight_error.h"
#include "pictures/stream.h"
#include "tasks/agreement.h"
#include "tools/effnet/commands.h"
#include "tools/effnet/pictures.h"

namespace effnet {
namespace {

struct Options {
  ModelOptions a, b;
  std::vector<std::string> pictures;
  int jobs = 0, crops = 0, threads = 1;
  std::optional<double> least_cosine, least_agreement;
  bool gate = false, json = false;
};

// Both networks, in the hands of one worker.
struct Pair {
  Model a, b;
};

struct Compared {
  Agreement agreement;
  std::int64_t pictures = 0;
  std::vector<LayerError> layers;  // whose weights differ most
};

Result<std::vector<float>> scores_of(const Model& model, const Picture& picture) {
  std::vector<float> input(model.input_floats()), logits(static_cast<std::size_t>(model.info().classes));
  if (Status status = model.prepare(picture, input); !status) return status;
  if (Status status = model.run(1, input.data(), {logits.data(), nullptr, nullptr}); !status) return status;
  if (Status status = model.check_scores(logits); !status) return status;
  return logits;
}

using Differences = std::vector<ScoreDifference>;

Result<Differences> differences_of(const Pair& pair, const Picture& picture, int crops) {
  const Result<std::vector<View>> views = views_of(picture, crops);
  if (!views) return views.status();
  Differences differences;
  for (const View& view : *views) {
    const Picture part = cut_out(picture, view);
    const Result<std::vector<float>> a = scores_of(pair.a, part), b = scores_of(pair.b, part);
    if (!a) return a.status();
    if (!b) return b.status();
    differences.push_back(compare_scores(*a, *b));
  }
  return differences;
}

Result<std::vector<Pair>> open_pairs(const Options& options, std::size_t pictures) {
  const int workers = options.jobs > 0 ? options.jobs : default_workers(pictures, options.threads);
  std::vector<Pair> pairs;
  while (static_cast<int>(pairs.size()) < std::max(1, workers)) {
    Result<Model> a = Model::open(options.a), b = Model::open(options.b);
    if (!a) return a.status();
    if (!b) return b.status();
    if (a->info().classes != b->info().classes)
      return Status::error(std::string(a->info().name) + " has " + std::to_string(a->info().classes) +
                           " classes, " + b->info().name + " has " + std::to_string(b->info().classes) +
                           ": scores of the same classes can be compared");
    pairs.push_back({*std::move(a), *std::move(b)});
  }
  return pairs;
}

Compared compare(const Options& options, const std::vector<Pair>& pairs,
                 const std::vector<PictureFile>& files, Failures& failures) {
  Compared result;
  Progress progress("compare", static_cast<double>(files.size()));
  for_each_picture<Result<Differences>>(
      files, static_cast<int>(pairs.size()),
      [&](std::size_t i, int worker, const Result<Picture>& picture) -> Result<Differences> {
        if (!picture) return picture.status();
        Result<Differences> found =
            differences_of(pairs[static_cast<std::size_t>(worker)], *picture, options.crops);
        return found ? std::move(found) : Status::error(files[i].name + ": " + found.message());
      },
      [&](std::size_t i, const Result<Differences>& found) {
        if (found) {
          ++result.pictures;
          for (const ScoreDifference& d : *found) result.agreement.add(files[i].name, d);
        } else {
          progress.clear();
          failures.add(found.status());
        }
        progress.advance();
        return true;
      });
  return result;
}

Status parse(const Result<MappedFile>& mapped, const std::string& path, Safetensors& file) {
  char error[512] = "";
  if (!mapped) return mapped.status();
  return file.parse(mapped->bytes(), {}, error) ? Status() : Status::error(path + ": " + error);
}

// Of two weights files of one network; none where they are of different ones.
Result<std::vector<LayerError>> worst_layers(const Pair& pair) {
  if (std::string_view(pair.a.info().network) != pair.b.info().network) return std::vector<LayerError>();
  constexpr std::size_t most = 5;
  const std::string &path_a = pair.a.weights_path(), &path_b = pair.b.weights_path();
  const Result<MappedFile> mapped_a = MappedFile::open(path_a), mapped_b = MappedFile::open(path_b);
  Safetensors a, b;
  if (Status status = parse(mapped_a, path_a, a); !status) return status;
  if (Status status = parse(mapped_b, path_b, b); !status) return status;
  std::vector<LayerError> errors = weight_errors(a, b);
  std::erase_if(errors, [](const LayerError& e) { return e.error == 0; });
  errors.resize(std::min(errors.size(), most));
  return errors;
}

// --- reports ---

nlohmann::ordered_json as_json(const Agreement::Counts& counts) {
  return {{"views", counts.pictures}, {"top1", counts.first_share()}, {"top5", counts.five_share()}};
}

nlohmann::ordered_json as_json(const effnet_info& info) {
  return {{"name", info.name},
          {"network", info.network},
          {"precision", info.precision},
          {"target", info.target},
          {"weights_bytes", info.weights_bytes},
          {"arena_bytes", info.arena_bytes}};
}

void print_json(const Pair& pair, const Compared& result, const std::vector<std::string>& failed) {
  const Agreement& g = result.agreement;
  auto layers = nlohmann::ordered_json::array();
  for (const LayerError& layer : result.layers)
    layers.push_back({{"layer", layer.layer}, {"weight_error", layer.error}});
  const nlohmann::ordered_json json = {
      {"a", as_json(pair.a.info())},
      {"b", as_json(pair.b.info())},
      {"pictures", result.pictures},
      {"all", as_json(g.all)},
      {"leading", as_json(g.leading)},
      {"lead", clear_lead},
      {"cosine", {{"mean", g.mean_cosine}, {"least", g.least_cosine}, {"of", g.farthest}}},
      {"largest_difference", g.largest_difference},
      {"divergence", {{"mean", g.mean_divergence}, {"largest", g.largest_divergence}}},
      {"layers", layers},
      {"failed", failed}};
  std::printf("%s\n", json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
}

void print_model(const char* which, const effnet_info& info) {
  std::printf("%s  %s: %s, target %s, weights %.2f MB, arena %.2f MB\n", which, info.name, info.precision,
              info.target, static_cast<double>(info.weights_bytes) / 1e6,
              static_cast<double>(info.arena_bytes) / 1e6);
}

void print_text(const Pair& pair, const Compared& result) {
  const Agreement& g = result.agreement;
  print_model("a", pair.a.info());
  print_model("b", pair.b.info());
  std::printf("\n%-26s %10s %16s\n", "", "all", formatted("a leads by %.2f", clear_lead).c_str());
  std::printf("%-26s %10lld %16lld\n", result.pictures == g.all.pictures ? "pictures" : "views of pictures",
              static_cast<long long>(g.all.pictures), static_cast<long long>(g.leading.pictures));
  std::printf("%-26s %8.2f %% %14.2f %%\n", "the same first class", 100 * g.all.first_share(),
              100 * g.leading.first_share());
  std::printf("%-26s %8.2f %% %14.2f %%\n", "a's first among b's five", 100 * g.all.five_share(),
              100 * g.leading.five_share());
  std::printf("\nlogits: cosine %.5f in the mean, %.5f at least (%s); largest difference %.4f\n",
              g.mean_cosine, g.least_cosine, in_one_line(g.farthest).c_str(), g.largest_difference);
  std::printf("probabilities: divergence %.2g nats in the mean, %.2g at most\n", g.mean_divergence,
              g.largest_divergence);
  std::vector<std::string> layers;
  for (const LayerError& layer : result.layers)
    layers.push_back(formatted("%s %.2g %%", layer.layer.c_str(), 100 * layer.error));
  if (!layers.empty())
    std::printf("weights that differ most, to their size: %s\n", join(layers, ", ").c_str());
}

std::vector<std::string> failed_limits(const Options& options, const Pair& pair, const Agreement& agreement) {
  AgreementLimits limits{0, -1};
  if (options.gate) limits = agreement_limits(pair.b.info().precision);
  if (options.least_cosine) limits.least_cosine = *options.least_cosine;
  if (options.least_agreement) limits.least_first_share = *options.least_agreement;
  return shortfalls(agreement, limits);
}

Status run(Options& options) {
  options.a.threads = options.b.threads = options.threads;
  options.b.library_folder = options.a.library_folder;
  const PictureFiles pictures = find_pictures(options.pictures);
  Failures failures("effnet compare");
  for (const Status& failure : pictures.failures) failures.add(failure);
  const Result<std::vector<Pair>> pairs = open_pairs(options, pictures.files.size());
  if (!pairs) return pairs.status();
  Compared result = compare(options, *pairs, pictures.files, failures);
  if (result.pictures == 0) return failures.last();
  const Pair& pair = pairs->front();
  Result<std::vector<LayerError>> layers = worst_layers(pair);
  if (!layers) return layers.status();
  result.layers = *std::move(layers);
  const std::vector<std::string> failed = failed_limits(options, pair, result.agreement);
  options.json ? print_json(pair, result, failed) : print_text(pair, result);
  if (!failed.empty())
    return Status::error(std::string(pair.b.info().name) + " is not near enough to " + pair.a.info().name +
                         ": " + join(failed, "; "));
  return failures.last();
}

void add_limits(CLI::App& command, Options& options) {
  command.add_flag(
      "--gate", options.gate,
      "fail where b is farther from a than its element type has to be: bf16 the same first class in "
      "all pictures with a lead, mean cosine 0.9995; int8-weights 99 %, 0.995; int8 98 %, 0.98");
  command.add_option("--least-cosine", options.least_cosine, "fail below this mean cosine of the logits")
      ->type_name("X")
      ->check(CLI::Range(-1.0, 1.0));
  command
      .add_option("--least-agreement", options.least_agreement,
                  "fail below this share of the same first class, where a leads")
      ->type_name("X")
      ->check(CLI::Range(0.0, 1.0));
}

}  // namespace

Command add_compare(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("compare", "Say how far two networks' scores of the same pictures are apart.");
  command
      ->add_option("MODEL_A", options->a.model, "network's name, or path of a compiled lib<name>.so: judges")
      ->required()
      ->type_name("");
  command->add_option("MODEL_B", options->b.model, "the same: is judged")->required()->type_name("");
  command
      ->add_option("--pictures", options->pictures, "PNG and JPEG files, folders of them, patterns in quotes")
      ->required()
      ->type_name("DIR");
  add_crops_option(*command, options->crops);
  for (const auto& [model, name] : {std::pair(&options->a, "a"), std::pair(&options->b, "b")}) {
    const std::string which = name;
    command
        ->add_option("--weights-" + which, model->weights,
                     "of MODEL_" + std::string(which == "a" ? "A" : "B") +
                         " (default: <name>.weights beside the library)")
        ->type_name("FILE");
    command->add_option("--target-" + which, model->target, "of that library (default: the best)")
        ->type_name("TARGET");
  }
  command->add_option("--threads", options->threads, "threads of each network (default: 1)")
      ->type_name("N")
      ->check(CLI::Range(1, 1024));
  command
      ->add_option("--jobs", options->jobs, "pictures worked on at the same time (default: cores / threads)")
      ->type_name("N")
      ->check(CLI::Range(1, 1024));
  command->add_option("--lib-dir", options->a.library_folder, "where lib<name>.so is looked for first")
      ->type_name("DIR");
  add_limits(*command, *options);
  command->add_flag("--json", options->json, "print one JSON document");
  command->footer(
      "Example:\n  effnet compare tf_efficientnet_lite0 lite0_bf16 --pictures photos/ --crops 16 --gate");
  return {command, [options] { return run(*options); }};
}

}  // namespace effnet
