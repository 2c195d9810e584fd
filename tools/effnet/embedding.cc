#include "tools/effnet/embedding.h"

#include <cstdio>
#include <thread>

#include "base/message.h"
#include "base/progress.h"
#include "base/sha256.h"
#include "base/text.h"

namespace effnet {
namespace {

// All that features depend on but the picture.
std::string identity_of(const Model& model, const std::string& weights_digest) {
  const effnet_info& info = model.info();
  char preparation[512];
  std::snprintf(preparation, sizeof preparation, "%d %a %a %a %a %a %a %a %d", info.resolution,
                static_cast<double>(info.mean[0]), static_cast<double>(info.mean[1]),
                static_cast<double>(info.mean[2]), static_cast<double>(info.std[0]),
                static_cast<double>(info.std[1]), static_cast<double>(info.std[2]),
                static_cast<double>(info.crop), static_cast<int>(info.interpolation));
  return join({info.network, model.library().program->fingerprint, info.target, info.version, weights_digest,
               preparation},
              "\n");
}

// Each worker's model with a room of its own for the input.
std::function<Status(const Picture&, std::span<float>)> worker_of(const Model& model) {
  auto input = std::make_shared<std::vector<float>>(model.input_floats());
  return [&model, input](const Picture& picture, std::span<float> features) -> Status {
    if (Status status = model.prepare(picture, *input); !status) return status;
    return model.run(1, input->data(), {nullptr, features.data(), nullptr});
  };
}

}  // namespace

void add_embedding_options(CLI::App& app, EmbeddingOptions& options) {
  app.add_option(
         "--cache-dir", options.cache_folder,
         "where features are kept (default: $XDG_CACHE_HOME/effnet/features or ~/.cache/effnet/features)")
      ->type_name("DIR");
  app.add_flag("--no-cache", options.no_cache, "compute all features, keep none");
  app.add_option("--jobs", options.jobs, "pictures worked on at the same time (default: cores / threads)")
      ->type_name("N")
      ->check(CLI::Range(1, 1024));
}

Result<PictureEmbedder> PictureEmbedder::open(const std::string& command, const ModelOptions& model,
                                              const EmbeddingOptions& options) {
  const int cores = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  const int workers = options.jobs > 0 ? options.jobs : std::max(1, cores / std::max(1, model.threads));
  std::vector<Model> models;
  for (int i = 0; i < workers; ++i) {
    Result<Model> next = Model::open(model);
    if (!next) return next.status();
    models.push_back(*std::move(next));
  }
  PictureEmbedder out(command, std::move(models));
  const Result<MappedFile> weights = MappedFile::open(out.model().weights_path());
  if (!weights) return weights.status();
  const Result<std::string> digest = sha256(weights->bytes());
  if (!digest) return digest.status();
  out.weights_digest_ = *digest;
  if (!options.no_cache)
    if (const Status status = out.open_cache(options); !status) out.say(status);
  return out;
}

Status PictureEmbedder::open_cache(const EmbeddingOptions& options) {
  const Result<std::string> folder =
      options.cache_folder.empty() ? default_feature_cache() : Result<std::string>(options.cache_folder);
  if (!folder) return folder.status();
  Result<FeatureCache> cache = FeatureCache::open(*folder, identity_of(model(), weights_digest_),
                                                  static_cast<std::size_t>(info().features));
  if (!cache) return cache.status();
  cache_ = std::make_unique<FeatureCache>(*std::move(cache));
  return {};
}

void PictureEmbedder::say(const Status& status) const { print_error(command_, status.message()); }

Result<Embedded> PictureEmbedder::embed(const std::vector<std::string>& paths,
                                        const AugmentationOptions& views) const {
  std::vector<PictureFile> files;
  files.reserve(paths.size());
  for (const std::string& path : paths) files.push_back({path});
  return embed(files, views);
}

Result<Embedded> PictureEmbedder::embed(const std::vector<PictureFile>& files,
                                        const AugmentationOptions& views) const {
  Embedder embedder{static_cast<std::size_t>(info().features), {}};
  for (const Model& model : models_) embedder.workers.push_back(worker_of(model));
  Progress progress("features", static_cast<double>(files.size()));
  const auto report = [&](const Status& status) {
    progress.clear();
    say(status);
  };
  return effnet::embed(embedder, files, {views, cache_.get(), report, report, [&] { progress.advance(); }});
}

}  // namespace effnet
