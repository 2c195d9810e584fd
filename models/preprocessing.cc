#include "models/preprocessing.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/files.h"
#include "base/text.h"

namespace effnet {
namespace {

using Json = nlohmann::json;

// Values of a card by key; a value of the wrong kind is an error, a missing or null one is not.
class CardReader {
 public:
  CardReader(const Json& card, const std::string& where) : card_(card), where_(where) {}

  const Json* find(const char* key, bool (Json::*is)() const noexcept, const char* needed) {
    const auto found = card_.find(key);
    if (found == card_.end() || found->is_null() || !status_) return nullptr;
    if (((*found).*is)()) return &*found;
    status_ = Status::error(where_ + ": \"" + key + "\" must be " + needed);
    return nullptr;
  }
  std::optional<double> number(const char* key) {
    const Json* value = find(key, &Json::is_number, "a number");
    return value ? std::optional(value->get<double>()) : std::nullopt;
  }
  std::optional<std::string> text(const char* key) {
    const Json* value = find(key, &Json::is_string, "a text");
    return value ? std::optional(value->get<std::string>()) : std::nullopt;
  }
  // Three numbers: a mean or the like, a size.
  std::optional<std::array<double, 3>> triple(const char* key) {
    const Json* value = find(key, &Json::is_array, "three numbers");
    if (!value) return {};
    std::array<double, 3> numbers{};
    bool sound = value->size() == numbers.size();
    for (std::size_t i = 0; sound && i < numbers.size(); ++i)
      if ((sound = (*value)[i].is_number())) numbers[i] = (*value)[i].get<double>();
    if (sound) return numbers;
    status_ = Status::error(where_ + ": \"" + key + "\" must be three numbers");
    return {};
  }
  std::optional<std::vector<std::string>> texts(const char* key) {
    const Json* value = find(key, &Json::is_array, "a list of texts");
    if (!value) return {};
    std::vector<std::string> list;
    for (const Json& item : *value) {
      if (!item.is_string()) return {};
      list.push_back(item.get<std::string>());
    }
    return list;
  }
  const Status& status() const { return status_; }

 private:
  const Json& card_;
  const std::string& where_;
  Status status_;
};

Result<ModelCard> read_fields(const Json& file, const std::string& where, int resolution) {
  ModelCard card;
  card.present = true;
  CardReader outer(file, where);
  card.architecture = outer.text("architecture").value_or("");
  card.labels = outer.texts("label_names");
  const Json* inner = outer.find("pretrained_cfg", &Json::is_object, "an object");
  CardReader reader(inner ? *inner : file, where);  // older cards have its keys outside
  card.mean = reader.triple("mean");
  card.std = reader.triple("std");
  card.crop = reader.number("crop_pct");
  const std::optional<double> test_crop = reader.number("test_crop_pct");
  const std::optional<std::array<double, 3>> test_size = reader.triple("test_input_size");
  if (test_crop && test_size && (*test_size)[1] == resolution) card.crop = test_crop;
  const std::optional<std::string> interpolation = reader.text("interpolation");
  if (!outer.status()) return outer.status();
  if (!reader.status()) return reader.status();
  if (interpolation == "bicubic") card.interpolation = Interpolation::bicubic;
  if (interpolation == "bilinear") card.interpolation = Interpolation::bilinear;
  if (interpolation && !card.interpolation)
    return Status::error(where + ": interpolation " + in_quotes(*interpolation) +
                         " is unknown; bicubic and bilinear are known");
  return card;
}

// Pixels are 0..1; numbers far outside are mistakes, and the runtime reads 21 decimals.
constexpr double least = 1e-6, most = 1e6;

// Of the magnitudes that make sense, or 0.
bool sensible(double number) {
  return number == 0 || (std::abs(number) >= least && std::abs(number) <= most);
}

bool sensible(const std::array<double, 3>& numbers) {
  return sensible(numbers[0]) && sensible(numbers[1]) && sensible(numbers[2]);
}

bool positive(const std::array<double, 3>& numbers) {
  return numbers[0] > 0 && numbers[1] > 0 && numbers[2] > 0;
}

}  // namespace

Result<ModelCard> read_model_card(const std::string& weights_path, int resolution) {
  const std::string path = (std::filesystem::path(weights_path).parent_path() / "config.json").string();
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) return ModelCard{};
  constexpr std::size_t most_bytes = 8 << 20;
  const Result<std::string> text = read_file(path, most_bytes);
  if (!text) return text.status();
  const Json file = Json::parse(*text, nullptr, false);
  if (!file.is_object())
    return Status::error(path + ": is no JSON object; mend it, or move the weights away from it");
  return read_fields(file, path, resolution);
}

Status check_model_card(const ModelCard& card, const NetworkConfig& config) {
  const bool same = card.architecture.starts_with("tf_efficientnet");
  const bool symmetric = card.architecture.starts_with("efficientnet_");
  if ((!same || config.padding == Padding::same) && (!symmetric || config.padding == Padding::symmetric))
    return {};
  const bool listed = std::any_of(variants().begin(), variants().end(), [&](const NetworkConfig& variant) {
    return variant.name == card.architecture;
  });
  return Status::error(
      "the config.json beside the weights says that they are " + in_quotes(card.architecture) + ", " +
      (same ? "padded as TensorFlow does" : "padded symmetrically") + "; import them " +
      (listed
           ? "as that"
           : std::string("with a network file of \"padding\": \"") + (same ? "same" : "symmetric") + "\"") +
      ", not as " + config.name);
}

Result<Preprocessing> choose_preprocessing(const Preprocessing& defaults, const ModelCard& card,
                                           const ImportOptions& options) {
  Preprocessing chosen;
  chosen.mean = options.mean.value_or(card.mean.value_or(defaults.mean));
  chosen.std = options.std.value_or(card.std.value_or(defaults.std));
  chosen.crop = options.crop.value_or(card.crop.value_or(defaults.crop));
  chosen.interpolation = options.interpolation.value_or(card.interpolation.value_or(defaults.interpolation));
  if (!sensible(chosen.mean))
    return Status::error(
        "the mean must be three numbers, of pixels in 0..1: 0 or of a magnitude from 1e-6 to 1e6");
  if (!sensible(chosen.std) || !positive(chosen.std))
    return Status::error("the standard deviation must be three numbers from 1e-6 to 1e6, of pixels in 0..1");
  if (!(chosen.crop > 0.01 && chosen.crop <= 1))
    return Status::error("the crop fraction must be above 0.01 and at most 1");
  return chosen;
}

namespace {

// They travel joined by line ends.
Result<std::vector<std::string>> one_line_each(const std::vector<std::string>& labels) {
  for (const std::string& label : labels)
    if (label.empty() || label.find_first_of(std::string_view("\n\r\0", 3)) != std::string::npos)
      return Status::error("label " + in_quotes(label) + " is empty or of several lines");
  return labels;
}

}  // namespace

Result<std::vector<std::string>> choose_labels(const ModelCard& card, const ImportOptions& options,
                                               int classes) {
  const auto count = static_cast<std::size_t>(classes);
  if (options.labels) {
    if (options.labels->size() == count) return one_line_each(*options.labels);
    return Status::error("there are " + std::to_string(options.labels->size()) + " labels for " +
                         std::to_string(classes) + " classes; one a class is needed");
  }
  if (card.labels && card.labels->size() == count) return one_line_each(*card.labels);
  return imagenet_labels().size() == count ? imagenet_labels() : std::vector<std::string>{};
}

Result<std::vector<std::string>> read_labels(const std::string& path) {
  constexpr std::size_t most_bytes = 8 << 20;
  Result<std::string> text = read_file(path, most_bytes);
  if (!text) return text.status();
  std::vector<std::string> labels;
  std::string_view rest = *text;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    std::string_view line = rest.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty())
      return Status::error(path + ": line " + std::to_string(labels.size() + 1) +
                           " is empty; one label a line is needed");
    labels.emplace_back(line);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return labels;
}

}  // namespace effnet
