#include "tests/support/seeded.h"

#include <cstring>

#include "tests/catch.h"
#include "tests/support/golden.h"

namespace effnet::test {
namespace {

// FNV-1a 64 over the bytes. The expected numbers were printed by make_golden.py's functions.
std::uint64_t hash(const std::vector<float>& values) {
  std::uint64_t state = 0xCBF29CE484222325;
  std::vector<unsigned char> bytes(values.size() * sizeof(float));
  std::memcpy(bytes.data(), values.data(), bytes.size());
  for (const unsigned char byte : bytes) state = (state ^ byte) * 0x100000001B3;
  return state;
}

TEST_CASE("seeded weights have the recipe's bits") {
  const Network network = *build_network(*find_network("efficientnet_b0"));
  const FloatTensors state = seeded_state(network, read_golden("efficientnet_b0").statistics);
  CHECK(hash(find(state, "conv_stem.weight").values) == 0xba02a4770ab9ec47);
  CHECK(hash(find(state, "bn1.weight").values) == 0xadcb5db5c688d520);
  CHECK(hash(find(state, "classifier.bias").values) == 0x8c9ceacaab7457e0);
  CHECK(hash(find(state, "blocks.1.0.conv_dw.weight").values) == 0xd7e3aab7b5e99854);
  CHECK(find(state, "blocks.1.0.conv_dw.weight").shape == std::vector<std::int64_t>{96, 1, 3, 3});
}

TEST_CASE("the seeded input has the recipe's bits, and turns into channels innermost") {
  const std::vector<float> planes = seeded_input(97);
  CHECK(hash(planes) == 0xc41757dcb3298a77);
  const std::vector<float> input = channels_innermost(planes, 97);
  CHECK(input[(5 * 97 + 3) * 3 + 2] == planes[2 * 97 * 97 + 5 * 97 + 3]);
  CHECK(to_map(input, 97).at(5, 3, 2) == planes[2 * 97 * 97 + 5 * 97 + 3]);
}

TEST_CASE("timm's layers cover every parameter of the network") {
  for (const char* name : {"efficientnet_b0", "tf_efficientnet_b7", "tf_efficientnet_lite2"}) {
    const Network network = *build_network(*find_network(name));
    std::int64_t count = 0;
    for (const TimmLayer& layer : timm_layers(network)) {
      std::int64_t elements = 1;
      for (const std::int64_t extent : layer.shape) elements *= extent;
      count += elements + layer.shape[0] * (layer.norm.empty() ? 1 : 2);
    }
    CHECK(count == parameters(network));
  }
}

}  // namespace
}  // namespace effnet::test
