// Features of many pictures for a command: models for all cores, the cache, progress, messages.
#pragma once

#include <string>
#include <vector>

#include "tasks/embed.h"
#include "tools/effnet/model.h"

namespace effnet {

struct EmbeddingOptions {
  std::string cache_folder;  // empty: the user's
  bool no_cache = false;
  int jobs = 0;  // pictures worked on at the same time; 0: cores / threads
};

// --cache-dir, --no-cache and --jobs.
void add_embedding_options(CLI::App& app, EmbeddingOptions& options);

class PictureEmbedder {
 public:
  static Result<PictureEmbedder> open(const std::string& command, const ModelOptions& model,
                                      const EmbeddingOptions& options);

  const effnet_info& info() const { return models_.front().info(); }
  const Model& model() const { return models_.front(); }
  const std::string& weights_digest() const { return weights_digest_; }

  // Pictures that cannot be read take a line each on stderr.
  Result<Embedded> embed(const std::vector<PictureFile>& files, const AugmentationOptions& views) const;
  Result<Embedded> embed(const std::vector<std::string>& paths, const AugmentationOptions& views) const;
  void say(const Status& status) const;  // a line on stderr

 private:
  PictureEmbedder(std::string command, std::vector<Model> models)
      : command_(std::move(command)), models_(std::move(models)) {}
  Status open_cache(const EmbeddingOptions& options);

  std::string command_, weights_digest_;
  std::vector<Model> models_;            // one a worker
  std::unique_ptr<FeatureCache> cache_;  // null: none
};

}  // namespace effnet
