// Networks compiled for arm-64, run by qemu-aarch64 in a static program.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "pictures/picture.h"

namespace effnet::test {

// What came out, in the layouts of effnet_outputs, and the arena after the run.
struct ArmOutputs {
  std::vector<float> logits, features, last_map, arena;
};

struct ArmShape {
  std::size_t classes, features, map_pixels;
  std::size_t arena_bytes;  // to give the model
};

class ArmProgram {
 public:
  // Links FOLDER/lib<name>.a with tests/arm/run_network.c and the runtime into FOLDER/<name>.arm. Throws
  // std::runtime_error, like run().
  ArmProgram(std::string folder, std::string name, std::string target = "arm-64");

  // `weights`: a file's path. `input` is channels innermost.
  ArmOutputs run(const std::string& weights, std::span<const float> input, const ArmShape& shape,
                 int threads = 1) const;
  // The same of a picture, which is prepared there too.
  ArmOutputs run(const std::string& weights, const Picture& picture, const ArmShape& shape) const;

 private:
  ArmOutputs run_bytes(const std::string& weights, std::string_view input, const ArmShape& shape, int threads,
                       const std::vector<std::string>& size) const;
  std::string folder_, name_, target_;
};

}  // namespace effnet::test
