// Many pictures -> their features, on several threads, from the cache where it has them.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/status.h"
#include "pictures/arguments.h"
#include "tasks/augmentation.h"
#include "tasks/feature_cache.h"
#include "tasks/features.h"

namespace effnet {

// A network as far as features go. Each function is used by one thread at a time.
struct Embedder {
  std::size_t width = 0;
  std::vector<std::function<Status(const Picture&, std::span<float> features)>> workers;
};

struct EmbedOptions {
  AugmentationOptions views;
  FeatureCache* cache = nullptr;  // null: none
  std::function<void(const Status&)> skipped =
      {};  // a picture that cannot be read; called by one thread at a time
  std::function<void(const Status&)> not_kept = {};  // the cache cannot be written; called once
  std::function<void()> advance = {};  // one picture more is done; called by one thread at a time
};

struct Embedded {
  Features features;                     // [pictures read][views]: the views of a picture one after the other
  std::vector<std::size_t> pictures;     // which of the files could be read, rising
  std::size_t computed = 0, cached = 0;  // rows
};

// An error: a network whose features are not finite.
Result<Embedded> embed(const Embedder& embedder, const std::vector<PictureFile>& files,
                       const EmbedOptions& options);

}  // namespace effnet
