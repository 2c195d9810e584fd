#include "tests/network/compiled.h"

#include <dlfcn.h>

#include <stdexcept>

#include "tests/support/process.h"

namespace effnet::test {

std::string networks_folder() { return std::string(EFFNET_BINARY_DIR) + "/networks"; }

void import_weights(const std::string& network, const std::string& source, const std::string& weights,
                    const std::vector<std::string>& further) {
  std::vector<std::string> command = {EFFNETC, "import", network, source, "-o", weights};
  command.insert(command.end(), further.begin(), further.end());
  const ProcessResult result = run_program(command);
  if (result.status != 0) throw std::runtime_error("import of " + source + ": " + result.error);
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

CompiledNetwork::CompiledNetwork(std::string name) : name_(std::move(name)) {
  const std::string path = networks_folder() + "/lib" + name_ + ".so";
  void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) throw std::runtime_error(dlerror());
  open_ = reinterpret_cast<Open>(dlsym(library, (name_ + "_open").c_str()));
  if (open_ == nullptr) throw std::runtime_error(path + " has no " + name_ + "_open");
}

effnet_status CompiledNetwork::open(const std::string& weights, const effnet_options* options,
                                    effnet_model** out) const {
  return open_(weights.c_str(), options, out);
}

Model CompiledNetwork::open(const std::string& weights, int threads) const {
  char error[512] = "";
  effnet_options options{};
  options.threads = threads;
  options.error = error;
  options.error_bytes = sizeof error;
  effnet_model* model = nullptr;
  const effnet_status status = open(weights, &options, &model);
  if (status != EFFNET_OK) throw std::runtime_error(name_ + ": " + effnet_status_text(status) + ": " + error);
  return Model(model);
}

}  // namespace effnet::test
