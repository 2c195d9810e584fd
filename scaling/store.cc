#include "scaling/store.h"

#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <span>

#include "base/files.h"
#include "base/sha256.h"

namespace effnet {

Result<std::string> ValueStore::path_of(const std::string& key) const {
  const Result<std::string> hash = sha256(std::as_bytes(std::span(key.data(), key.size())));
  if (!hash) return hash.status();
  return (std::filesystem::path(folder_) / (hash->substr(0, 32) + ".json")).string();
}

std::optional<ValueStore::Values> ValueStore::find(const std::string& key) const {
  const Result<std::string> path = path_of(key);
  std::error_code missing;
  if (!path || !std::filesystem::exists(*path, missing)) return {};
  constexpr std::size_t most_bytes = 1 << 20;
  const Result<std::string> text = read_file(*path, most_bytes);
  if (!text) return {};
  const nlohmann::json file = nlohmann::json::parse(*text, nullptr, false);
  if (!file.is_object() || !file.contains("key") || file["key"] != key || !file.contains("values") ||
      !file["values"].is_object())
    return {};
  Values values;
  for (const auto& [name, value] : file["values"].items()) {
    if (!value.is_number() || !std::isfinite(value.get<double>())) return {};
    values[name] = value.get<double>();
  }
  return values;
}

Status ValueStore::keep(const std::string& key, const Values& values) const {
  const Result<std::string> path = path_of(key);
  if (!path) return path.status();
  std::error_code failed;
  std::filesystem::create_directories(folder_, failed);
  if (failed)
    return Status::error("cannot make the folder " + folder_ + " (--cache-dir): " + failed.message());
  return write_file(*path, nlohmann::ordered_json{{"key", key}, {"values", values}}.dump(2) + "\n");
}

}  // namespace effnet
