#include "tasks/embed.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <mutex>
#include <new>
#include <optional>

#include "base/files.h"
#include "base/parallel.h"
#include "base/sha256.h"
#include "pictures/read.h"

namespace effnet {
namespace {

class Embedding {
 public:
  Embedding(const Embedder& embedder, const std::vector<PictureFile>& files, const EmbedOptions& options)
      : embedder_(embedder),
        files_(files),
        options_(options),
        views_(view_count(options.views)),
        read_(files.size()) {
    out_.features.width = embedder.width;
    out_.features.values.resize(files.size() * views_ * embedder.width);
  }

  Result<Embedded> run() {
    parallel_for(static_cast<int>(embedder_.workers.size()), static_cast<int>(embedder_.workers.size()),
                 [this](int worker) {
                   for (std::size_t i = next_++; i < files_.size() && !stop_; i = next_++)
                     finish(i, one_in_memory(i, static_cast<std::size_t>(worker)));
                 });
    if (!failure_.ok()) return failure_;
    keep_those_read();
    return std::move(out_);
  }

 private:
  Status one_in_memory(std::size_t i, std::size_t worker) {
    try {
      return one(i, worker);
    } catch (const std::bad_alloc&) {
      return Status::error(files_[i].name + ": not enough memory for this picture");
    }
  }

  // What could not be read is skipped; a network that gives no numbers ends all.
  Status one(std::size_t i, std::size_t worker) {
    if (files_[i].content) return one(i, *files_[i].content, worker);
    const Result<std::string> file = read_file(files_[i].name, max_picture_bytes);
    if (!file) return file.status();
    return one(i, std::as_bytes(std::span(*file)), worker);
  }

  Status one(std::size_t i, std::span<const std::byte> bytes, std::size_t worker) {
    const Result<std::string> digest = sha256(bytes);
    if (!digest) return digest.status();
    const std::vector<View> views = make_views(options_.views, *digest);
    std::optional<Picture> picture;
    for (std::size_t v = 0; v < views.size(); ++v) {
      const std::string name = *digest + " " + views[v].text();
      const Result<std::string> key = sha256(std::as_bytes(std::span(name)));
      if (!key) return key.status();
      const std::span<float> row(out_.features.values.data() + (i * views_ + v) * embedder_.width,
                                 embedder_.width);
      if (options_.cache && options_.cache->find(*key, row)) {
        ++cached_;
        continue;
      }
      if (!picture) {
        Result<Picture> decoded = decode_picture(bytes, files_[i].name);
        if (!decoded) return decoded.status();
        picture = *std::move(decoded);
      }
      Status status = views[v].is_whole() ? compute(i, *picture, worker, row)
                                          : compute(i, cut_out(*picture, views[v]), worker, row);
      if (!status) return status;
      keep(*key, row);
    }
    return {};
  }

  Status compute(std::size_t i, const Picture& picture, std::size_t worker, std::span<float> row) {
    if (Status status = embedder_.workers[worker](picture, row); !status)
      return Status::error(files_[i].name + ": " + status.message());
    ++computed_;
    if (std::all_of(row.begin(), row.end(), [](float value) { return std::isfinite(value); })) return {};
    const std::lock_guard lock(mutex_);
    if (!stop_.exchange(true))
      failure_ = Status::error(files_[i].name +
                               ": the network's features are no numbers (NaN): the weights are damaged");
    return failure_;
  }

  void keep(const std::string& key, std::span<const float> row) {
    if (!options_.cache || cache_broken_) return;
    const Status status = options_.cache->add(key, row);
    if (!status && !cache_broken_.exchange(true) && options_.not_kept) options_.not_kept(status);
  }

  void finish(std::size_t i, const Status& status) {
    const std::lock_guard lock(mutex_);
    if (stop_) return;
    read_[i] = status.ok();
    if (!status && options_.skipped) options_.skipped(status);
    if (options_.advance) options_.advance();
  }

  void keep_those_read() {
    const std::size_t block = views_ * embedder_.width;
    auto to = out_.features.values.begin();
    for (std::size_t i = 0; i < files_.size(); ++i) {
      if (!read_[i]) continue;
      out_.pictures.push_back(i);
      to = std::copy_n(out_.features.values.begin() + static_cast<std::ptrdiff_t>(i * block), block, to);
    }
    out_.features.values.erase(to, out_.features.values.end());
    out_.computed = computed_;
    out_.cached = cached_;
  }

  const Embedder& embedder_;
  const std::vector<PictureFile>& files_;
  const EmbedOptions& options_;
  const std::size_t views_;
  Embedded out_;
  std::vector<char> read_;  // one a file; not bool: threads write neighbours
  std::atomic<std::size_t> next_ = 0, computed_ = 0, cached_ = 0;
  std::atomic<bool> stop_ = false, cache_broken_ = false;
  std::mutex mutex_;
  Status failure_;
};

}  // namespace

Result<Embedded> embed(const Embedder& embedder, const std::vector<PictureFile>& files,
                       const EmbedOptions& options) {
  return Embedding(embedder, files, options).run();
}

}  // namespace effnet
