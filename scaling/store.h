// Values that took long to get: a search that was ended goes on where it was.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "base/status.h"

namespace effnet {

// One small JSON file a key in a folder, which several programs may share. Files are written whole or not at all;
// damaged ones count as missing.
class ValueStore {
 public:
  using Values = std::map<std::string, double>;

  explicit ValueStore(std::string folder) : folder_(std::move(folder)) {}
  const std::string& folder() const { return folder_; }

  // `key` says all that the values depend on, in any length.
  std::optional<Values> find(const std::string& key) const;
  Status keep(const std::string& key, const Values& values) const;  // finite ones

 private:
  Result<std::string> path_of(const std::string& key) const;
  std::string folder_;
};

}  // namespace effnet
