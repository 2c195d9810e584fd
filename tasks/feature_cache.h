// Features of pictures, kept on disk from run to run.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>

#include "base/files.h"
#include "base/status.h"

namespace effnet {

// One file for each way of making features (network, weights, preparation): records of equal length, appended when
// they are known, each with a checksum. A damaged or half-written record is as if it were not there, so a run may end
// at any moment; several programs may use a file at the same time.
class FeatureCache {
 public:
  // `identity`: all that the features depend on but the picture. The file is FOLDER/<its SHA-256>.features; it is made,
  // with its folder, where it is missing, and begun anew where it is nothing of the kind.
  static Result<FeatureCache> open(const std::string& folder, const std::string& identity, std::size_t width);
  FeatureCache(FeatureCache&& other) noexcept;
  FeatureCache& operator=(FeatureCache&&) = delete;
  ~FeatureCache();

  // `key`: SHA-256, 64 hexadecimal digits. What was added after open() is not found. Thread-safe.
  bool find(const std::string& key, std::span<float> features) const;
  // Thread-safe. After an error nothing more is kept.
  Status add(const std::string& key, std::span<const float> features);

  const std::string& path() const { return path_; }

 private:
  FeatureCache(std::string path, std::size_t width);
  Status failure(const char* what) const;
  Status begin(const std::string& header);  // opens the file and checks or writes its header
  Status load();
  std::size_t record_bytes() const;

  std::string path_;
  int descriptor_ = -1;
  std::size_t width_;
  std::unique_ptr<std::mutex> adding_;  // the file's lock is the whole program's, not a thread's
  std::optional<MappedFile> file_;      // as it was when it was opened
  std::map<std::string, std::span<const std::byte>, std::less<>> records_;  // by key; not yet checked
};

// $XDG_CACHE_HOME/effnet/features, else ~/.cache/effnet/features.
Result<std::string> default_feature_cache();

}  // namespace effnet
