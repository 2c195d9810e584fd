#include "tasks/feature_cache.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>
#include <vector>

#include "base/process.h"
#include "base/sha256.h"
#include "base/text.h"

namespace effnet {
namespace {

constexpr std::size_t digest_digits = 64, header_bytes = 128;

// The file is this program's alone while it lives.
class FileLock {
 public:
  explicit FileLock(int descriptor) : descriptor_(descriptor) {
    while (::flock(descriptor_, LOCK_EX) != 0 && errno == EINTR) {
    }
  }
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;
  ~FileLock() { ::flock(descriptor_, LOCK_UN); }

 private:
  int descriptor_;
};

// -1 when it cannot be told.
std::int64_t size_of(int descriptor) {
  struct stat about = {};
  return ::fstat(descriptor, &about) == 0 ? about.st_size : -1;
}

// False when the path names another file by now, or none.
bool is_file_of(int descriptor, const std::string& path) {
  struct stat open = {}, named = {};
  return ::fstat(descriptor, &open) == 0 && ::stat(path.c_str(), &named) == 0 &&
         open.st_dev == named.st_dev && open.st_ino == named.st_ino;
}

bool write_all(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(descriptor, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

std::string_view text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// The header: what the file is, its version, the width of its records, what they depend on.
std::string header_text(std::size_t width, const std::string& identity_digest) {
  std::string text = "effnet-features 1 " + std::to_string(width) + " " + identity_digest;
  text.resize(header_bytes - 1, ' ');
  return text + "\n";
}

}  // namespace

FeatureCache::FeatureCache(std::string path, std::size_t width)
    : path_(std::move(path)), width_(width), adding_(std::make_unique<std::mutex>()) {}

FeatureCache::FeatureCache(FeatureCache&& other) noexcept
    : path_(std::move(other.path_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      width_(other.width_),
      adding_(std::move(other.adding_)),
      file_(std::move(other.file_)),
      records_(std::move(other.records_)) {}

FeatureCache::~FeatureCache() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

std::size_t FeatureCache::record_bytes() const { return 2 * digest_digits + width_ * sizeof(float); }

Status FeatureCache::failure(const char* what) const {
  return Status::error("the feature cache " + in_quotes(path_) + " cannot be " + what + ": " +
                       std::strerror(errno));
}

Result<FeatureCache> FeatureCache::open(const std::string& folder, const std::string& identity,
                                        std::size_t width) {
  const Result<std::string> digest = sha256(std::as_bytes(std::span(identity)));
  if (!digest) return digest.status();
  std::error_code failed;
  std::filesystem::create_directories(folder, failed);
  FeatureCache cache(folder + "/" + *digest + ".features", width);
  if (Status status = cache.begin(header_text(width, *digest)); !status) return status;
  if (Status status = cache.load(); !status) return status;
  return cache;
}

// What is no cache of this kind is replaced, not cut off: other programs may have mapped it.
Status FeatureCache::begin(const std::string& header) {
  constexpr int most_tries = 100;  // others may replace it at the same time
  for (int i = 0; i < most_tries; ++i) {
    if (descriptor_ >= 0) ::close(descriptor_);
    descriptor_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (descriptor_ < 0) return failure("opened");
    const FileLock lock(descriptor_);
    if (!is_file_of(descriptor_, path_)) continue;
    std::string found(header_bytes, '\0');
    const ssize_t count = ::pread(descriptor_, found.data(), header_bytes, 0);
    if (count < 0) return failure("read");
    if (found == header) return {};
    if (count == 0) return write_all(descriptor_, header) ? Status() : failure("written");
    if (Status status = write_file(path_, header); !status) return status;
  }
  return Status::error("the feature cache " + in_quotes(path_) + " is replaced again and again");
}

Status FeatureCache::load() {
  Result<MappedFile> file = MappedFile::open(path_);
  if (!file) return file.status();
  file_.emplace(*std::move(file));
  std::span<const std::byte> rest = file_->bytes().subspan(std::min(header_bytes, file_->bytes().size()));
  for (; rest.size() >= record_bytes(); rest = rest.subspan(record_bytes()))
    records_[std::string(text_of(rest.first(digest_digits)))] = rest.first(record_bytes());
  return {};
}

bool FeatureCache::find(const std::string& key, std::span<float> features) const {
  const auto found = records_.find(key);
  if (found == records_.end()) return false;
  const std::span<const std::byte> record = found->second;
  const Result<std::string> digest = sha256(record.first(record.size() - digest_digits));
  if (!digest || *digest != text_of(record.last(digest_digits))) return false;
  std::memcpy(features.data(), record.data() + digest_digits, width_ * sizeof(float));
  return true;
}

Status FeatureCache::add(const std::string& key, std::span<const float> features) {
  std::string record = key;
  record += text_of(std::as_bytes(features));
  const Result<std::string> digest = sha256(std::as_bytes(std::span(record)));
  if (!digest) return digest.status();
  record += *digest;
  const std::lock_guard turn(*adding_);
  const FileLock lock(descriptor_);
  // Whatever ended in the middle of a record, this one begins where one may begin.
  const std::int64_t size = size_of(descriptor_);
  if (size < 0) return failure("written");
  if (size < static_cast<std::int64_t>(header_bytes))
    return Status::error("the feature cache " + in_quotes(path_) +
                         " cannot be written: it became shorter meanwhile");
  const auto records = (static_cast<std::size_t>(size) - header_bytes) / record_bytes();
  const auto end = static_cast<off_t>(header_bytes + records * record_bytes());
  if (end != size && ::ftruncate(descriptor_, end) != 0) return failure("written");
  if (write_all(descriptor_, record)) return {};
  Status failed = failure("written");
  [[maybe_unused]] const int ignored = ::ftruncate(descriptor_, end);
  return failed;
}

Result<std::string> default_feature_cache() {
  if (const std::string cache = environment_variable("XDG_CACHE_HOME"); !cache.empty())
    return cache + "/effnet/features";
  if (const std::string home = environment_variable("HOME"); !home.empty())
    return home + "/.cache/effnet/features";
  return Status::error(
      "no place for the feature cache: neither HOME nor XDG_CACHE_HOME is set; name a folder");
}

}  // namespace effnet
