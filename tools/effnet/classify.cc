// effnet classify: pictures -> the most probable classes.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <numeric>

#include "tools/effnet/commands.h"
#include "tools/effnet/pictures.h"

namespace effnet {
namespace {

struct Options {
  ModelOptions model;
  PictureOptions pictures;
  int top = 5;
  bool json = false, csv = false;
};

struct Guess {
  int index;
  float probability;
};

std::vector<Guess> best_guesses(const std::vector<float>& probabilities, int count) {
  std::vector<Guess> guesses;
  for (std::size_t i = 0; i < probabilities.size(); i++)
    guesses.push_back({static_cast<int>(i), probabilities[i]});
  const auto end = guesses.begin() + std::min<std::ptrdiff_t>(count, std::ssize(guesses));
  // Equal probabilities in the order of their classes.
  std::partial_sort(guesses.begin(), end, guesses.end(), [](const Guess& a, const Guess& b) {
    return a.probability > b.probability || (a.probability == b.probability && a.index < b.index);
  });
  guesses.erase(end, guesses.end());
  return guesses;
}

using Guesses = std::vector<Guess>;

Result<Guesses> classify(const DecodedPicture& decoded, int top) {
  const Model& model = decoded.model;
  std::vector<float> input(model.input_floats());
  if (Status status = model.prepare(decoded.picture, input); !status) return status;
  std::vector<float> scores(static_cast<std::size_t>(model.info().classes));
  if (Status status = model.run(1, input.data(), {scores.data(), nullptr, nullptr}); !status) return status;
  model.library().softmax(scores.data(), model.info().classes, scores.data());
  if (std::any_of(scores.begin(), scores.end(), [](float score) { return std::isnan(score); }))
    return Status::error("the network's scores are no numbers (NaN): the weights are damaged");
  return best_guesses(scores, top);
}

void print(const effnet_info& info, const std::string& picture, const Guesses& guesses) {
  std::printf("%s\n", picture.c_str());
  for (const Guess& guess : guesses) {
    std::printf("  %6.2f %%  ", 100.0 * static_cast<double>(guess.probability));
    if (info.labels != nullptr)
      std::printf("%s\n", info.labels[guess.index]);
    else
      std::printf("class %d\n", guess.index);
  }
}

nlohmann::ordered_json as_json(const effnet_info& info, const std::string& picture, const Guesses& guesses) {
  auto top = nlohmann::ordered_json::array();
  for (const Guess& guess : guesses) {
    nlohmann::ordered_json label;  // null when the weights carry none
    if (info.labels != nullptr) label = info.labels[guess.index];
    top.push_back({{"class", guess.index}, {"label", label}, {"probability", guess.probability}});
  }
  return {{"file", picture}, {"top", top}};
}

// RFC 4180: in quotes, which double inside.
std::string csv_text(const std::string& text) {
  std::string out = "\"";
  for (const char letter : text) out += letter == '"' ? "\"\"" : std::string(1, letter);
  return out + "\"";
}

void print_csv(const effnet_info& info, const std::string& picture, const Guesses& guesses) {
  for (std::size_t i = 0; i < guesses.size(); i++) {
    const std::string label = info.labels != nullptr ? csv_text(info.labels[guesses[i].index]) : "";
    std::printf("%s,%zu,%d,%s,%.6g\n", csv_text(picture).c_str(), i + 1, guesses[i].index, label.c_str(),
                static_cast<double>(guesses[i].probability));
  }
}

Status run(const Options& options) {
  Result<PictureRun> pictures = PictureRun::start("effnet classify", options.model, options.pictures);
  if (!pictures) return pictures.status();
  const effnet_info& info = pictures->model().info();
  auto results = nlohmann::ordered_json::array();
  if (options.csv) std::printf("file,rank,class,label,probability\n");
  Status status = pictures->for_each<Guesses>(
      [&](const DecodedPicture& decoded) { return classify(decoded, options.top); },
      [&](const std::string& name, const Guesses& guesses) {
        if (options.json)
          results.push_back(as_json(info, name, guesses));
        else if (options.csv)
          print_csv(info, name, guesses);
        else
          print(info, name, guesses);
        return Status();
      });
  if (options.json)
    std::printf("%s\n", results.dump(2, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
  return status;
}

}  // namespace

Command add_classify(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("classify", "Name what is on pictures.");
  add_model_options(*command, options->model, "<name>.weights beside the library");
  add_picture_options(*command, options->pictures);
  command->add_option("--head", options->model.head, "another classifier, trained for other classes")
      ->type_name("FILE");
  command->add_option("--top", options->top, "classes to name (default: 5)")
      ->type_name("N")
      ->check(CLI::Range(1, 1 << 20));
  CLI::Option* json = command->add_flag("--json", options->json, "print one JSON document");
  command->add_flag("--csv", options->csv, "print a table: file,rank,class,label,probability")
      ->excludes(json);
  command->footer(
      "Example:\n  effnet classify tf_efficientnet_lite0 --weights tf_efficientnet_lite0.weights coffee.png\n"
      "  find photos -newer last -name '*.jpg' | effnet classify tf_efficientnet_lite0 --csv - > labels.csv");
  return {command, [options] { return run(*options); }};
}

}  // namespace effnet
