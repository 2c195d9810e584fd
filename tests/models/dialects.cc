#include "tests/models/dialects.h"

#include "tests/catch.h"
#include "tests/support/seeded.h"
#include "tests/support/temporary.h"

namespace effnet::test {
namespace {

// "blocks.7" -> 7; of a layer's canonical name.
const Block& block_of(const Network& network, const std::string& canonical) {
  return network.blocks.at(std::stoul(canonical.substr(7)));
}

std::string role_of(const std::string& canonical) {
  if (!canonical.starts_with("blocks.")) return canonical;
  return canonical.substr(canonical.find('.', 7) + 1);
}

using NamePair = std::pair<std::string, std::string>;  // weights, BatchNorm

NamePair lukemelas_names(const std::string& canonical) {
  const std::string role = role_of(canonical);
  if (role == "stem") return {"_conv_stem", "_bn0"};
  if (role == "head") return {"_conv_head", "_bn1"};
  if (role == "classifier") return {"_fc", ""};
  const std::string block = "_" + canonical.substr(0, canonical.size() - role.size());
  if (role == "expand") return {block + "_expand_conv", block + "_bn0"};
  if (role == "depthwise") return {block + "_depthwise_conv", block + "_bn1"};
  if (role == "project") return {block + "_project_conv", block + "_bn2"};
  return {block + (role == "squeeze_excite.reduce" ? "_se_reduce" : "_se_expand"), ""};
}

NamePair torchvision_names(const Network& network, const std::string& canonical) {
  const std::string role = role_of(canonical);
  if (role == "stem") return {"features.0.0", "features.0.1"};
  if (role == "head") return {"features.8.0", "features.8.1"};
  if (role == "classifier") return {"classifier.1", ""};
  const Block& block = block_of(network, canonical);
  const std::string prefix =
      "features." + std::to_string(block.stage + 1) + "." + std::to_string(block.index) + ".block.";
  // Sequential counts the parts that are there: expand, depthwise, squeeze-excite, project.
  const int depthwise = block.has_expand ? 1 : 0;
  const int project = depthwise + (block.has_squeeze_excite ? 2 : 1);
  if (role == "expand") return {prefix + "0.0", prefix + "0.1"};
  if (role == "squeeze_excite.reduce") return {prefix + std::to_string(depthwise + 1) + ".fc1", ""};
  if (role == "squeeze_excite.expand") return {prefix + std::to_string(depthwise + 1) + ".fc2", ""};
  const std::string place = prefix + std::to_string(role == "depthwise" ? depthwise : project);
  return {place + ".0", place + ".1"};
}

FloatTensor numbers(const std::string& name, const std::vector<std::int64_t>& shape, float from, float to) {
  FloatTensor tensor{shape, {}};
  std::int64_t count = 1;
  for (const std::int64_t extent : shape) count *= extent;
  const SeededNumbers uniform(name);
  for (std::int64_t i = 0; i < count; ++i)
    tensor.values.push_back(from + (to - from) * uniform(static_cast<std::uint64_t>(i)));
  return tensor;
}

}  // namespace

FloatTensors state_dict(const Network& network, Names names) {
  FloatTensors state;
  for (const TimmLayer& layer : timm_layers(network)) {
    NamePair name{layer.name, layer.norm};
    if (names == Names::lukemelas) name = lukemelas_names(layer.folded);
    if (names == Names::torchvision) name = torchvision_names(network, layer.folded);
    const std::vector<std::int64_t> channels = {layer.shape[0]};
    state[name.first + ".weight"] = numbers(layer.folded + ".weight", layer.shape, -0.5f, 0.5f);
    const std::string norm = layer.norm.empty() ? name.first : name.second;
    state[norm + ".bias"] = numbers(layer.folded + ".bias", channels, -0.3f, 0.3f);
    if (layer.norm.empty()) continue;
    state[norm + ".weight"] = numbers(layer.folded + ".scale", channels, 0.5f, 1.5f);
    state[norm + ".running_mean"] = numbers(layer.folded + ".mean", channels, -1.0f, 1.0f);
    state[norm + ".running_var"] = numbers(layer.folded + ".variance", channels, 0.02f, 2.0f);
  }
  return state;
}

NetworkConfig small_config(Padding padding, Family family) {
  NetworkConfig config;
  config.name = "small";
  config.family = family;
  config.padding = padding;
  config.width = 0.3;
  config.depth = 0.6;
  config.resolution = 32;
  config.classes = 10;
  config.batch_norm_epsilon = padding == Padding::same ? 1e-3 : 1e-5;
  return config;
}

Network build(const NetworkConfig& config) {
  Result<Network> network = build_network(config);
  REQUIRE(network);
  return *std::move(network);
}

SourceTensors as_source(const FloatTensors& floats) {
  SourceTensors tensors;
  for (const auto& [name, tensor] : floats)
    tensors[name] = {Dtype::f32, tensor.shape, {}, std::as_bytes(std::span(tensor.values))};
  return tensors;
}

namespace {

Imported finish(const Status& status, const TemporaryFolder& folder, std::size_t files_before) {
  std::size_t files = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder.path())) ++files;
  if (status) return {"", read_tensors(folder.path() / "out.weights")};
  CHECK(files == files_before);  // nothing half-written
  CHECK(status.message().find('\n') == std::string::npos);
  REQUIRE_FALSE(status.message().empty());
  return {status.message(), {}};
}

}  // namespace

Imported import(const NetworkConfig& config, const SourceTensors& tensors, const ImportOptions& options) {
  const TemporaryFolder folder;
  return finish(import_tensors(config, tensors, {"memory", "test", "0"}, options, folder.file("out.weights")),
                folder, 0);
}

Imported import(const NetworkConfig& config, const FloatTensors& floats, const ImportOptions& options) {
  return import(config, as_source(floats), options);
}

Imported import_file(const NetworkConfig& config, const FloatTensors& floats, const ImportOptions& options,
                     const std::optional<std::string>& card) {
  const TemporaryFolder folder;
  write_tensors(folder.path() / "model.safetensors", floats);
  if (card) write_file(folder.path() / "config.json", *card);
  return finish(import_weights(config, folder.file("model.safetensors"), options, folder.file("out.weights")),
                folder, card ? 2 : 1);
}

}  // namespace effnet::test
