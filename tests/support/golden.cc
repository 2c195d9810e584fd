#include "tests/support/golden.h"

#include <stdexcept>

namespace effnet::test {
namespace {

int number(const FloatFile& file, const std::string& key) {
  const auto entry = file.metadata.find(key);
  if (entry == file.metadata.end()) throw std::runtime_error("a golden file without " + key);
  return std::stoi(entry->second);
}

}  // namespace

std::string golden_path(const std::string& file) {
  return std::string(EFFNET_SOURCE_DIR) + "/tests/data/golden/" + file;
}

Golden read_golden(const std::string& network) {
  FloatFile file = read_tensors(golden_path("timm/" + network + ".safetensors"));
  Golden golden;
  golden.resolution = number(file, "resolution");
  golden.classes = number(file, "classes");
  golden.seed = static_cast<std::uint64_t>(number(file, "seed"));
  golden.logits = find(file.tensors, "logits").values;
  golden.features = find(file.tensors, "features").values;
  golden.last_map_mean = find(file.tensors, "last_map_mean").values;
  for (const char* output : {"logits", "features", "last_map_mean"}) file.tensors.erase(output);
  golden.statistics = std::move(file.tensors);
  return golden;
}

}  // namespace effnet::test
