// The real weights of the Lite networks, which ./dev setup brings.
#pragma once

#include <filesystem>
#include <stdexcept>
#include <string>

namespace effnet::test {

inline std::string published_weights(const std::string& network) {
  const std::string size = network.substr(network.size() - 5);  // "lite0"
  for (const auto& entry : std::filesystem::directory_iterator(EFFNET_LITE_WEIGHTS_DIR)) {
    const std::string file = entry.path().filename();
    if (file.rfind("efficientnet-" + size + "-", 0) == 0 && entry.path().extension() == ".pth")
      return entry.path();
  }
  throw std::runtime_error("no weights of " + network +
                           " in " EFFNET_LITE_WEIGHTS_DIR "; ./dev setup brings them");
}

}  // namespace effnet::test
