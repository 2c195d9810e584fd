// The progress of compile jobs, on terminals.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/progress.h"

namespace effnet {

// For JobOptions.progress.
inline std::function<void(int done, int total)> progress_bar(const std::string& title) {
  return [title, bar = std::shared_ptr<Progress>()](int done, int total) mutable {
    if (!bar) bar = std::make_shared<Progress>(title, total);
    bar->advance();
    if (done == total) bar->clear();
  };
}

}  // namespace effnet
