// effnet train: pictures in class folders -> a head for frozen features.
#include <algorithm>
#include <chrono>
#include <cstdio>

#include "base/files.h"
#include "base/progress.h"
#include "base/text.h"
#include "pictures/png_writer.h"
#include "tasks/confusion_picture.h"
#include "tasks/head_file.h"
#include "tasks/imprint.h"
#include "tasks/labelled_folder.h"
#include "tasks/train_head.h"
#include "tools/effnet/commands.h"
#include "tools/effnet/embedding.h"
#include "tools/effnet/train_report.h"

namespace effnet {
namespace {

struct Options {
  ModelOptions model;
  EmbeddingOptions embedding;
  AugmentationOptions views;
  std::string data, test, output, confusion;
  double validation = 0.2, l2 = 0;  // l2 0: chosen
  int few_shot = 0, iterations = 300, patience = 10;
  std::uint64_t seed = 0;
  bool no_balance = false, no_refit = false, json = false;
};

double seconds_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

// The labelled pictures that could be read, with their features.
struct Samples {
  std::vector<std::string> classes;
  std::vector<int> labels;  // one a picture
  std::size_t views = 1;
  Embedded embedded;

  std::vector<int> row_labels(const std::vector<std::size_t>& rows) const {
    std::vector<int> out;
    out.reserve(rows.size());
    for (const std::size_t row : rows) out.push_back(labels[row / views]);
    return out;
  }
  // Rows of these pictures: the first view, or all.
  std::vector<std::size_t> rows(const std::vector<std::size_t>& pictures, bool all_views) const {
    std::vector<std::size_t> out;
    for (const std::size_t picture : pictures)
      for (std::size_t view = 0; view < (all_views ? views : 1); ++view)
        out.push_back(picture * views + view);
    return out;
  }
  Features select(const std::vector<std::size_t>& rows) const { return select_rows(embedded.features, rows); }
};

Status check_classes(const LabelledFolder& folder, const std::string& path) {
  if (folder.classes.size() >= 2) return {};
  return Status::error(in_quotes(path) + " has one class folder only (" + in_quotes(folder.classes[0]) +
                       "): at least two are needed");
}

Result<Samples> read_samples(const LabelledFolder& folder, const PictureEmbedder& embedder,
                             const AugmentationOptions& views) {
  Result<Embedded> embedded = embedder.embed(folder.pictures, views);
  if (!embedded) return embedded.status();
  Samples samples{folder.classes, {}, view_count(views), *std::move(embedded)};
  for (const std::size_t picture : samples.embedded.pictures)
    samples.labels.push_back(folder.labels[picture]);
  return samples;
}

Status check_sizes(const Samples& samples, std::size_t least) {
  std::vector<std::size_t> sizes(samples.classes.size());
  for (const int label : samples.labels) ++sizes[static_cast<std::size_t>(label)];
  for (std::size_t c = 0; c < sizes.size(); ++c)
    if (sizes[c] < least)
      return Status::error("the class " + in_quotes(samples.classes[c]) + " has " + std::to_string(sizes[c]) +
                           " pictures that can be read: at least " + std::to_string(least) + " are needed" +
                           (sizes[c] == 1 ? " (or --few-shot 1)" : ""));
  return {};
}

Evaluation judge(const LinearHead& head, const Samples& samples, const std::vector<std::size_t>& rows) {
  return evaluate(scores(head, samples.select(rows), 0), samples.row_labels(rows), head.classes);
}

LinearHead learn(const Options& options, const Samples& samples, TrainReport& report) {
  const auto classes = static_cast<int>(samples.classes.size());
  const Split pictures = stratified_split(samples.labels, classes, options.validation, options.seed);
  const Split split = {samples.rows(pictures.training, true), samples.rows(pictures.validation, false)};
  std::vector<int> labels;
  labels.reserve(samples.embedded.features.rows());
  for (std::size_t row = 0; row < samples.embedded.features.rows(); ++row)
    labels.push_back(samples.labels[row / samples.views]);
  Progress progress("train", 1);
  double shown = 0;
  TrainingOptions training;
  if (options.l2 > 0) training.l2 = {options.l2};
  training.balance = !options.no_balance;
  training.most_iterations = options.iterations;
  training.patience = options.patience;
  training.progress = [&](const TrainingProgress& now) {
    char note[128];
    std::snprintf(note, sizeof note, "L2 %g, loss %.4f, validation %.4f, accuracy %.1f %% ", now.l2, now.loss,
                  now.validation_loss, 100 * now.validation_accuracy);
    progress.note(note);
    progress.advance(now.done - shown);
    shown = now.done;
  };
  TrainedHead trained = train_head(samples.embedded.features, labels, classes, split, training);
  report.method = "softmax regression";
  report.training = pictures.training.size();
  report.validation = pictures.validation.size();
  report.l2 = trained.l2;
  report.loss = trained.loss;
  report.iterations = trained.iterations;
  report.strengths_tried = trained.strengths_tried;
  report.judged = judge(trained.head, samples, split.validation);
  report.refit = !options.no_refit;
  if (options.no_refit) return std::move(trained.head);
  return train_on_all(samples.embedded.features, labels, classes, trained.l2, trained.iterations, training);
}

LinearHead learn_few(const Options& options, const Samples& samples, TrainReport& report) {
  const auto classes = static_cast<int>(samples.classes.size());
  const Split pictures = few_shot_split(samples.labels, classes, options.few_shot, options.seed);
  const std::vector<std::size_t> rows = samples.rows(pictures.training, true);
  LinearHead head = imprint(samples.select(rows), samples.row_labels(rows), classes);
  report.method = "imprinting";
  report.training = pictures.training.size();
  report.validation = pictures.validation.size();
  report.left_out = pictures.validation.empty();
  if (!report.left_out) {
    report.judged = judge(head, samples, samples.rows(pictures.validation, false));
  } else {
    const std::vector<std::size_t> plain = samples.rows(pictures.training, false);
    const std::vector<int> labels = samples.row_labels(plain);
    report.judged =
        evaluate(imprint_scores_without_each(samples.select(plain), labels, classes), labels, classes);
  }
  return head;
}

// The test folder's classes may be fewer, in the same names; its labels become numbers of `classes`. Without --test
// nothing.
Result<LabelledFolder> read_test_folder(const Options& options, const std::vector<std::string>& classes) {
  if (options.test.empty()) return LabelledFolder();
  Result<LabelledFolder> folder = read_labelled_folder(options.test);
  if (!folder) return folder;
  std::vector<int> to_class;
  for (const std::string& name : folder->classes) {
    const auto found = std::find(classes.begin(), classes.end(), name);
    if (found == classes.end())
      return Status::error("the class folder " + in_quotes(name) + " of " + in_quotes(options.test) +
                           " is not in " + in_quotes(options.data) + did_you_mean(name, classes));
    to_class.push_back(static_cast<int>(found - classes.begin()));
  }
  for (int& label : folder->labels) label = to_class[static_cast<std::size_t>(label)];
  return folder;
}

Status test(const Options& options, const LabelledFolder& folder, const PictureEmbedder& embedder,
            const LinearHead& head, TrainReport& report) {
  const Result<Samples> samples = read_samples(folder, embedder, {});
  if (!samples) return samples.status();
  report.skipped += folder.pictures.size() - samples->labels.size();
  report.tested = evaluate(scores(head, samples->embedded.features, 0), samples->labels, head.classes);
  report.test_folder = options.test;
  return {};
}

// The head and its confusion picture, or neither.
Status write(const Options& options, const PictureEmbedder& embedder, const LinearHead& head,
             const TrainReport& report) {
  const Evaluation& shown = report.tested ? *report.tested : *report.judged;
  const Result<std::string> drawn = encode_png(draw_confusion(shown.confusion, report.labels));
  if (!drawn) return drawn.status();
  const std::size_t pictures =
      report.training + (report.refit ? report.validation : 0);  // that made the head
  Result<AtomicFile> head_file = prepare_head(options.output, head,
                                              {embedder.model().library().program->fingerprint,
                                               report.labels,
                                               {{"network", report.network},
                                                {"weights_sha256", embedder.weights_digest()},
                                                {"method", report.method},
                                                {"seed", std::to_string(options.seed)},
                                                {"pictures", std::to_string(pictures)}}});
  if (!head_file) return head_file.status();
  Result<AtomicFile> picture = prepare_file(report.confusion_picture, *drawn);
  if (!picture) return picture.status();
  std::vector<AtomicFile> both;
  both.push_back(*std::move(head_file));
  both.push_back(*std::move(picture));
  return commit_together(std::move(both));
}

// Beside the head unless it was named: "flowers.safetensors" -> "flowers.confusion.png".
std::string confusion_path(const Options& options) {
  if (!options.confusion.empty()) return options.confusion;
  const std::string suffix = ".safetensors";
  const std::string stem = options.output.ends_with(suffix)
                               ? options.output.substr(0, options.output.size() - suffix.size())
                               : options.output;
  return stem + ".confusion.png";
}

// What is known before training.
TrainReport report_of(const Options& options, const LabelledFolder& folder, const Samples& samples) {
  TrainReport report;
  report.labels = folder.classes;
  report.seed = options.seed;
  report.views = samples.views;
  report.skipped = folder.pictures.size() - samples.labels.size();
  report.features_computed = samples.embedded.computed;
  report.features_cached = samples.embedded.cached;
  report.head = options.output;
  report.confusion_picture = confusion_path(options);
  return report;
}

Status run(const Options& options) {
  const Result<LabelledFolder> folder = read_labelled_folder(options.data);
  if (!folder) return folder.status();
  if (Status status = check_classes(*folder, options.data); !status) return status;
  // What cannot be read or written is known before the work begins.
  const Result<LabelledFolder> test_folder = read_test_folder(options, folder->classes);
  if (!test_folder) return test_folder.status();
  const std::string picture = confusion_path(options);
  if (picture == options.output)
    return Status::error("--confusion and --output name the same file, " + in_quotes(picture));
  for (const std::string& output : {options.output, picture})
    if (Status status = check_writable(output); !status) return status;
  const Result<PictureEmbedder> embedder =
      PictureEmbedder::open("effnet train", options.model, options.embedding);
  if (!embedder) return embedder.status();
  auto begin = std::chrono::steady_clock::now();
  const Result<Samples> samples = read_samples(*folder, *embedder, options.views);
  if (!samples) return samples.status();
  if (Status status = check_sizes(*samples, options.few_shot > 0 ? 1 : 2); !status) return status;

  TrainReport report = report_of(options, *folder, *samples);
  report.network = embedder->info().network;
  report.feature_seconds = seconds_since(begin);
  begin = std::chrono::steady_clock::now();
  const LinearHead head =
      options.few_shot > 0 ? learn_few(options, *samples, report) : learn(options, *samples, report);
  report.training_seconds = seconds_since(begin);
  if (!options.test.empty())
    if (Status status = test(options, *test_folder, *embedder, head, report); !status) return status;
  if (Status status = write(options, *embedder, head, report); !status) return status;
  options.json ? print_json(report) : print_text(report);
  if (report.skipped == 0) return {};
  return Status::error(std::to_string(report.skipped) +
                       " pictures could not be read; the head was made without them");
}

void add_training_options(CLI::App& app, Options& options) {
  app.add_option("--validation", options.validation,
                 "part of every class that judges the head (default: 0.2)")
      ->type_name("PART")
      ->check(CLI::Range(0.01, 0.9));
  app.add_option(
         "--few-shot", options.few_shot,
         "imprint the class means of N pictures a class instead of training; the rest judges the head")
      ->type_name("N")
      ->check(CLI::Range(1, 10));
  app.add_option("--l2", options.l2,
                 "strength of the penalty on weights (default: the best of nine on the validation part)")
      ->type_name("X")
      ->check(CLI::Range(1e-9, 1e6));
  app.add_option("--iterations", options.iterations, "of L-BFGS at most (default: 300)")
      ->type_name("N")
      ->check(CLI::Range(1, 100000));
  app.add_option("--patience", options.patience, "iterations without a better validation loss (default: 10)")
      ->type_name("N")
      ->check(CLI::Range(1, 100000));
  app.add_flag("--no-balance", options.no_balance, "let frequent classes count more than rare ones");
  app.add_flag("--no-refit", options.no_refit, "do not train again on all pictures in the end");
  app.add_flag("--flip", options.views.flip, "learn from mirrored pictures, too");
  app.add_option("--crops", options.views.crops, "learn from N random parts of every picture, too")
      ->type_name("N")
      ->check(CLI::Range(0, 100));
  app.add_option("--seed", options.seed, "decides which pictures are drawn (default: 0)")->type_name("N");
}

}  // namespace

Command add_train(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("train", "Train a classifier for pictures in class folders.");
  add_model_options(*command, options->model, "<name>.weights beside the library");
  command->add_option("--data", options->data, "pictures as DIR/<class>/*.png or .jpg")
      ->required()
      ->type_name("DIR");
  command
      ->add_option("--test", options->test,
                   "pictures as DIR/<class>/*.png or .jpg that only judge the head in the end")
      ->type_name("DIR");
  command->add_option("-o,--output", options->output, "the head, for --head and effnet_set_head()")
      ->required()
      ->type_name("HEAD.safetensors");
  command
      ->add_option("--confusion", options->confusion,
                   "the confusion matrix as a picture (default: HEAD.confusion.png)")
      ->type_name("FILE.png");
  add_training_options(*command, *options);
  add_embedding_options(*command, options->embedding);
  command->add_flag("--json", options->json, "print one JSON document");
  command->footer(
      "Example:\n  effnet train tf_efficientnet_lite0 --data flowers/ -o flowers.safetensors\n"
      "  effnet classify tf_efficientnet_lite0 --head flowers.safetensors rose.png");
  return {command, [options] { return run(*options); }};
}

}  // namespace effnet
