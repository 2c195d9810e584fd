#include "tests/network/compiled.h"

#include <dlfcn.h>

#include <algorithm>
#include <filesystem>
#include <stdexcept>

#include "tests/support/process.h"
#include "tests/support/seeded.h"
#include "tests/support/temporary.h"

namespace effnet::test {

std::string networks_folder() { return std::string(EFFNET_BINARY_DIR) + "/networks"; }

void import_weights(const std::string& network, const std::string& source, const std::string& weights,
                    const std::vector<std::string>& further) {
  std::vector<std::string> command = {EFFNETC, "import", network, source, "-o", weights};
  command.insert(command.end(), further.begin(), further.end());
  const ProcessResult result = run_program(command);
  if (result.status != 0) throw std::runtime_error("import of " + source + ": " + result.error);
}

void import_golden_weights(const std::string& network, const Golden& golden, const std::string& weights,
                           const std::vector<std::string>& further) {
  const std::string seeded = weights + ".safetensors";
  write_tensors(seeded, seeded_state(*build_network(*find_network(network)), golden.statistics, golden.seed));
  import_weights(network, seeded, weights, further);
  std::filesystem::remove(seeded);
}

std::vector<float> golden_input(const Golden& golden) {
  return channels_innermost(seeded_input(golden.resolution, golden.seed), golden.resolution);
}

// PyTorch's float32 differs from exact arithmetic by up to 2e-5 in the deep ones.
double golden_tolerance(const std::string& network) { return network.back() >= '5' ? 2e-4 : 1e-4; }

std::string published_weights(const std::string& network) {
  const std::string size = network.substr(network.size() - 5);  // "lite0"
  for (const auto& entry : std::filesystem::directory_iterator(EFFNET_LITE_WEIGHTS_DIR)) {
    const std::string file = entry.path().filename();
    if (file.rfind("efficientnet-" + size + "-", 0) == 0 && entry.path().extension() == ".pth")
      return entry.path();
  }
  throw std::runtime_error("no weights of " + network +
                           " in " EFFNET_LITE_WEIGHTS_DIR "; ./dev setup brings them");
}

Outputs Model::run(const std::vector<float>& inputs) const {
  const effnet_info& shape = info();
  const std::size_t pixels = std::size_t(shape.resolution) * shape.resolution,
                    count = inputs.size() / (3 * pixels);
  Outputs outputs;
  outputs.logits.resize(count * shape.classes);
  outputs.features.resize(count * shape.features);
  outputs.last_map.resize(count * shape.features * shape.map_height * shape.map_width);
  const effnet_outputs wanted{outputs.logits.data(), outputs.features.data(), outputs.last_map.data()};
  if (effnet_run_batch(get(), static_cast<int>(count), inputs.data(), &wanted) != EFFNET_OK)
    throw std::runtime_error(effnet_error(get()));
  return outputs;
}

CompiledNetwork::CompiledNetwork(std::string name, const std::string& folder) : name_(std::move(name)) {
  const std::string path = folder + "/lib" + name_ + ".so";
  void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) throw std::runtime_error(dlerror());
  open_ = reinterpret_cast<Open>(dlsym(library, (name_ + "_open").c_str()));
  if (open_ == nullptr) throw std::runtime_error(path + " has no " + name_ + "_open");
  program_ = reinterpret_cast<const effnet_program* (*)()>(dlsym(library, (name_ + "_program").c_str()))();
}

std::int64_t CompiledNetwork::constant(const std::string& name) const {
  std::string define = "#define " + name_ + "_";
  std::transform(define.begin() + 8, define.end(), define.begin() + 8,
                 [](unsigned char c) { return std::toupper(c); });
  define += name + " ";
  const std::string header = read_file(networks_folder() + "/" + name_ + ".h");
  const std::size_t at = header.find(define);
  if (at == std::string::npos) throw std::runtime_error(name_ + ".h has no " + name);
  return std::stoll(header.substr(at + define.size()));
}

effnet_status CompiledNetwork::open(const std::string& weights, const effnet_options* options,
                                    effnet_model** out) const {
  return open_(weights.c_str(), options, out);
}

Model CompiledNetwork::open(const std::string& weights, int threads, const char* target) const {
  char error[512] = "";
  effnet_options options{};
  options.threads = threads;
  options.target = target;
  options.error = error;
  options.error_bytes = sizeof error;
  effnet_model* model = nullptr;
  const effnet_status status = open(weights, &options, &model);
  if (status != EFFNET_OK) throw std::runtime_error(name_ + ": " + effnet_status_text(status) + ": " + error);
  return Model(model);
}

}  // namespace effnet::test
