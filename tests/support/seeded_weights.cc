// seeded_weights NETWORK OUT.safetensors: the weights of the golden files under timm's names, for programs that only
// want some weights that a network's activations stay sound with (bench/start.py).
#include <cstdio>
#include <stdexcept>

#include "tests/support/golden.h"
#include "tests/support/seeded.h"

using namespace effnet;
using namespace effnet::test;

int main(int count, char** arguments) try {
  if (count != 3) {
    std::fputs("usage: seeded_weights efficientnet_b0|...|tf_efficientnet_b7 OUT.safetensors\n", stderr);
    return 2;
  }
  const Result<NetworkConfig> config = find_network(arguments[1]);
  if (!config) throw std::runtime_error(config.message());
  const Golden golden = read_golden(config->name);
  write_tensors(arguments[2], seeded_state(*build_network(*config), golden.statistics, golden.seed));
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "seeded_weights: %s\n", error.what());
  return 1;
}
