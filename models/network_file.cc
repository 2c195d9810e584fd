// The network file: a JSON object with the keys of NetworkConfig.
#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "base/text.h"
#include "models/network.h"

namespace effnet {
namespace {

using Json = nlohmann::json;

const std::vector<std::string>& known_keys() {
  static const std::vector<std::string> keys = {"name",       "family",  "width",   "depth",
                                                "resolution", "classes", "padding", "batch_norm_epsilon"};
  return keys;
}

Result<Json> parse_object(const std::string& text, const std::string& where) {
  std::set<std::string> seen;
  std::string duplicate;
  const auto watch = [&](int, Json::parse_event_t event, Json& value) {
    if (event == Json::parse_event_t::key && !seen.insert(value.get<std::string>()).second)
      duplicate = value.get<std::string>();
    return true;
  };
  Json file;
  try {
    file = Json::parse(text, watch);
  } catch (const Json::exception& e) {
    return Status::error(where + ": no valid JSON: " + e.what());
  }
  if (!file.is_object()) return Status::error(where + ": a JSON object is needed");
  if (!duplicate.empty())
    return Status::error(where + ": key " + in_quotes(duplicate) + " stands there twice");
  for (const auto& [key, value] : file.items())
    if (std::find(known_keys().begin(), known_keys().end(), key) == known_keys().end())
      return Status::error(where + ": unknown key " + in_quotes(key) + did_you_mean(key, known_keys()));
  for (const char* key : {"name", "width", "depth", "resolution"})
    if (!file.contains(key)) return Status::error(where + ": key \"" + key + "\" is missing");
  return file;
}

// Reads keys one by one; the first failure stays.
class Reader {
 public:
  Reader(const Json& file, const std::string& where) : file_(file), where_(where) {}

  void read(const char* key, std::string& value) {
    if (const Json* found = find(key, "a string", &Json::is_string)) value = found->get<std::string>();
  }
  void read(const char* key, double& value) {
    if (const Json* found = find(key, "a number", &Json::is_number)) value = found->get<double>();
  }
  void read(const char* key, int& value) {
    const Json* found = find(key, "a whole number", &Json::is_number);
    if (!found) return;
    const double number = found->get<double>();
    if (number == std::floor(number) && std::abs(number) <= 1e9)
      value = static_cast<int>(number);
    else
      fail(key, "a whole number");
  }
  template <typename Value>
  void read(const char* key, Value& value, std::initializer_list<std::pair<const char*, Value>> choices) {
    std::string text;
    read(key, text);
    if (!file_.contains(key) || !status_) return;
    std::string names;
    for (const auto& [name, choice] : choices) {
      if (text == name) {
        value = choice;
        return;
      }
      names += (names.empty() ? "\"" : " or \"") + std::string(name) + "\"";
    }
    fail(key, names.c_str());
  }
  const Status& status() const { return status_; }

 private:
  const Json* find(const char* key, const char* needed, bool (Json::*is)() const noexcept) {
    const auto found = file_.find(key);
    if (found == file_.end() || !status_) return nullptr;
    if (((*found).*is)()) return &*found;
    fail(key, needed);
    return nullptr;
  }
  void fail(const char* key, const char* needed) {
    status_ = Status::error(where_ + ": \"" + key + "\" must be " + needed);
  }
  const Json& file_;
  const std::string& where_;
  Status status_;
};

}  // namespace

Result<NetworkConfig> parse_network_file(const std::string& text, const std::string& where) {
  const Result<Json> file = parse_object(text, where);
  if (!file) return file.status();
  NetworkConfig config;
  Reader reader(*file, where);
  reader.read("name", config.name);
  reader.read("family", config.family, {{"efficientnet", Family::efficientnet}, {"lite", Family::lite}});
  reader.read("padding", config.padding, {{"symmetric", Padding::symmetric}, {"same", Padding::same}});
  // The epsilon that goes with the padding in all published weights.
  config.batch_norm_epsilon = config.padding == Padding::same ? 1e-3 : 1e-5;
  reader.read("width", config.width);
  reader.read("depth", config.depth);
  reader.read("resolution", config.resolution);
  reader.read("classes", config.classes);
  reader.read("batch_norm_epsilon", config.batch_norm_epsilon);
  if (!reader.status()) return reader.status();
  for (const NetworkConfig& variant : variants()) {
    if (variant.name != config.name) continue;
    config.crop = variant.crop;
    config.interpolation = variant.interpolation;
  }
  if (const Result<Network> network = build_network(config); !network)
    return Status::error(where + ": " + network.message());
  return config;
}

std::string network_file(const NetworkConfig& config) {
  nlohmann::ordered_json file;
  file["name"] = config.name;
  file["family"] = config.family == Family::lite ? "lite" : "efficientnet";
  file["width"] = config.width;
  file["depth"] = config.depth;
  file["resolution"] = config.resolution;
  file["classes"] = config.classes;
  file["padding"] = config.padding == Padding::same ? "same" : "symmetric";
  file["batch_norm_epsilon"] = config.batch_norm_epsilon;
  return file.dump(2) + "\n";
}

}  // namespace effnet
