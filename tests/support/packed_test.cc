#include "tests/support/packed.h"

#include <numeric>

#include "models/packing.h"
#include "tests/catch.h"

namespace effnet::test {
namespace {

Values counted(std::size_t count) {
  Values values(count);
  std::iota(values.begin(), values.end(), 1);
  return values;
}

TEST_CASE("panels hold 16 outputs side by side") {
  std::vector<float> packed(2 * 2 * 16);  // [panel][input][output]
  packed[1 * 16 + 3] = 7;                 // panel 0, input 1, output 3
  packed[2 * 16 + 1] = 9;                 // panel 1, input 0, output 17
  const Values weight = unpack_weight(packed, 18, 2);
  CHECK(weight.size() == 18 * 2);
  CHECK(weight[3 * 2 + 1] == 7);
  CHECK(weight[17 * 2 + 0] == 9);
}

TEST_CASE("a convolution's inputs lie inside its window's taps") {
  std::vector<float> packed(9 * 3 * 16);  // [kernel y][kernel x][input][output]
  packed[((2 * 3 + 0) * 3 + 1) * 16 + 2] = 5;
  CHECK(unpack_weight(packed, 16, 3, 3)[2 * 27 + 1 * 9 + 2 * 3 + 0] == 5);
}

TEST_CASE("unpacking undoes what import's packing does, and refuses other sizes") {
  const Values weight = counted(24 * 40), convolution = counted(24 * 27), depthwise = counted(24 * 25);
  CHECK(unpack_weight(effnet::pack_weight(weight, 24, 40, 1), 24, 40) == weight);
  CHECK(unpack_weight(effnet::pack_weight(convolution, 24, 3, 3), 24, 3, 3) == convolution);
  CHECK(unpack_weight(effnet::pack_weight(depthwise, 24, 1, 5), 24, 1, 5) == depthwise);
  CHECK(unpack_bias(effnet::pack_bias(counted(24)), 24) == counted(24));
  CHECK_THROWS(unpack_bias(std::vector<float>(32), 40));
  CHECK_THROWS(unpack_weight(std::vector<float>(64), 16, 5));
}

}  // namespace
}  // namespace effnet::test
