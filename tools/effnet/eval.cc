// effnet eval: how often a network is right about the pictures of a labelled folder, and how fast it is.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/progress.h"
#include "base/statistics.h"
#include "base/text.h"
#include "pictures/read.h"
#include "tasks/evaluation.h"
#include "tasks/label_match.h"
#include "tasks/labelled_folder.h"
#include "tools/effnet/commands.h"
#include "tools/effnet/pictures.h"

namespace effnet {
namespace {

struct Options {
  ModelOptions model;
  std::string folder;
  bool json = false;
};

struct FolderResult {
  std::string folder, label;
  std::int64_t pictures = 0, first = 0, among_five = 0;
};

struct Evaluated {
  std::vector<FolderResult> folders;
  std::vector<double> run_ms, prepare_ms;  // of every picture; prepare: decoding, too

  std::int64_t sum(std::int64_t FolderResult::*count) const {
    std::int64_t total = 0;
    for (const FolderResult& folder : folders) total += folder.*count;
    return total;
  }
};

using Clock = std::chrono::steady_clock;
double milliseconds(Clock::duration duration) {
  return std::chrono::duration<double, std::milli>(duration).count();
}

Result<std::vector<double>> scores_of(const Model& model, const std::string& path, Evaluated& out) {
  const auto begin = Clock::now();
  std::vector<float> input(model.input_floats()), logits(static_cast<std::size_t>(model.info().classes));
  const Result<Picture> picture = read_picture(path);
  if (!picture) return picture.status();
  if (Status status = model.prepare(*picture, input); !status)
    return Status::error(path + ": " + status.message());
  const auto prepared = Clock::now();
  if (Status status = model.run(1, input.data(), {logits.data(), nullptr, nullptr}); !status) return status;
  const auto end = Clock::now();
  if (std::any_of(logits.begin(), logits.end(), [](float score) { return std::isnan(score); }))
    return Status::error(path + ": the network's scores are no numbers (NaN): the weights are damaged");
  out.run_ms.push_back(milliseconds(end - prepared));
  out.prepare_ms.push_back(milliseconds(prepared - begin));
  return std::vector<double>(logits.begin(), logits.end());
}

double percent(std::int64_t part, std::int64_t whole) {
  return whole == 0 ? 0 : 100 * static_cast<double>(part) / static_cast<double>(whole);
}

void print_text(const Evaluated& result) {
  std::size_t width = 6;
  for (const FolderResult& folder : result.folders)
    width = std::max(width, in_one_line(folder.folder).size());
  const auto name_width = static_cast<int>(width);
  std::printf("%-*s  pictures   top-1   top-5\n", name_width, "folder");
  const auto line = [&](const char* name, std::int64_t pictures, std::int64_t first,
                        std::int64_t among_five) {
    std::printf("%-*s  %8lld  %5.1f %%  %5.1f %%\n", name_width, name, static_cast<long long>(pictures),
                percent(first, pictures), percent(among_five, pictures));
  };
  for (const FolderResult& folder : result.folders)
    line(in_one_line(folder.folder).c_str(), folder.pictures, folder.first, folder.among_five);
  line("all", result.sum(&FolderResult::pictures), result.sum(&FolderResult::first),
       result.sum(&FolderResult::among_five));
  std::printf(
      "latency: median %.2f ms, 95 %% within %.2f ms; reading and preparing a picture: median %.2f ms\n",
      median(result.run_ms), quantile(result.run_ms, 0.95), median(result.prepare_ms));
}

void print_json(const Evaluated& result, const effnet_info& info) {
  auto folders = nlohmann::ordered_json::array();
  for (const FolderResult& folder : result.folders)
    folders.push_back({{"folder", folder.folder},
                       {"label", folder.label},
                       {"pictures", folder.pictures},
                       {"top1", percent(folder.first, folder.pictures) / 100},
                       {"top5", percent(folder.among_five, folder.pictures) / 100}});
  const std::int64_t pictures = result.sum(&FolderResult::pictures);
  const nlohmann::ordered_json json = {
      {"network", info.network},
      {"target", info.target},
      {"threads", info.threads},
      {"pictures", pictures},
      {"top1", percent(result.sum(&FolderResult::first), pictures) / 100},
      {"top5", percent(result.sum(&FolderResult::among_five), pictures) / 100},
      {"median_ms", median(result.run_ms)},
      {"p95_ms", quantile(result.run_ms, 0.95)},
      {"prepare_median_ms", median(result.prepare_ms)},
      {"folders", folders}};
  std::printf("%s\n", json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
}

Status run(const Options& options) {
  const Result<LabelledFolder> folder = read_labelled_folder(options.folder);
  if (!folder) return folder.status();
  const Result<Model> model = Model::open(options.model);
  if (!model) return model.status();
  const std::vector<std::string> labels = model->labels();
  const Result<std::vector<int>> classes = match_labels(folder->classes, labels);
  if (!classes) return classes.status();

  Evaluated result;
  for (std::size_t i = 0; i < folder->classes.size(); ++i)
    result.folders.push_back({folder->classes[i], labels[static_cast<std::size_t>((*classes)[i])]});
  Failures failures("effnet eval");
  Progress progress("eval", static_cast<double>(folder->pictures.size()));
  for (std::size_t i = 0; i < folder->pictures.size(); ++i, progress.advance()) {
    const auto scores = scores_of(*model, folder->pictures[i], result);
    if (!scores) {
      progress.clear();
      failures.add(scores.status());
      continue;
    }
    const auto label = static_cast<std::size_t>(folder->labels[i]);
    const int rank = rank_of(*scores, (*classes)[label]);
    ++result.folders[label].pictures;
    result.folders[label].first += rank == 0;
    result.folders[label].among_five += rank < 5;
  }
  progress.clear();
  if (result.run_ms.empty()) return failures.last();
  options.json ? print_json(result, model->info()) : print_text(result);
  return failures.last();
}

}  // namespace

Command add_eval(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("eval", "Count how often a network is right about labelled pictures.");
  add_model_options(*command, options->model, "<name>.weights beside the library");
  command->add_option("DIR", options->folder, "pictures as DIR/<label or number of the class>/*.png")
      ->required()
      ->type_name("");
  command->add_option("--head", options->model.head, "another classifier, trained for other classes")
      ->type_name("FILE");
  command->add_flag("--json", options->json, "print one JSON document");
  command->footer("Example:\n  effnet eval tf_efficientnet_lite0 --head flowers.safetensors flowers-test/");
  return {command, [options] { return run(*options); }};
}

}  // namespace effnet
