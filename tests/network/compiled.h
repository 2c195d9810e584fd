// Libraries that effnetc compiled, opened and run as an application would that loads them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "effnet_program.h"
#include "tests/support/golden.h"

namespace effnet::test {

std::string networks_folder();  // where the set-up tests of CMakeLists.txt put libraries

// `effnetc import NETWORK SOURCE -o WEIGHTS` and further arguments; throws std::runtime_error when it fails.
void import_weights(const std::string& network, const std::string& source, const std::string& weights,
                    const std::vector<std::string>& further = {});

// The weights of a golden file, imported into the file `weights`, and its input, channels innermost.
void import_golden_weights(const std::string& network, const Golden& golden, const std::string& weights,
                           const std::vector<std::string>& further = {});
std::vector<float> golden_input(const Golden& golden);
double golden_tolerance(const std::string& network);

// Published weights of tf_efficientnet_lite0 ... lite2, as ./dev setup brings them; throws when they are not there.
std::string published_weights(const std::string& network);

struct Outputs {
  std::vector<float> logits, features, last_map;  // of all images, one after the other
  bool operator==(const Outputs&) const = default;
};

// One open model. Functions throw std::runtime_error with the model's error text.
class Model {
 public:
  Model(effnet_model* model) : model_(model, &effnet_close) {}
  effnet_model* get() const { return model_.get(); }
  const effnet_info& info() const { return *effnet_get_info(model_.get()); }
  Outputs run(const std::vector<float>& inputs) const;  // [count][resolution][resolution][3]

 private:
  std::unique_ptr<effnet_model, decltype(&effnet_close)> model_;
};

// lib<name>.so of `folder`. Stays loaded until the test ends.
class CompiledNetwork {
 public:
  explicit CompiledNetwork(std::string name, const std::string& folder = networks_folder());
  effnet_status open(const std::string& weights, const effnet_options* options, effnet_model** out) const;
  Model open(const std::string& weights, int threads = 1, const char* target = nullptr) const;
  const effnet_program& program() const { return *program_; }
  std::int64_t constant(const std::string& name) const;  // of the generated header: "STACK_BYTES"

 private:
  using Open = effnet_status (*)(const char*, const effnet_options*, effnet_model**);
  std::string name_;
  Open open_;
  const effnet_program* program_;
};

}  // namespace effnet::test
