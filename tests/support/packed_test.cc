#include "tests/support/packed.h"

#include <numeric>

#include "tests/catch.h"

namespace effnet::test {
namespace {

Values counted(std::size_t count) {
  Values values(count);
  std::iota(values.begin(), values.end(), 1);
  return values;
}

TEST_CASE("panels hold 16 outputs side by side and zeros behind the last one") {
  const std::vector<float> packed = pack_weight(counted(18 * 2), 18, 2);  // weight[o][i] = 2 o + i + 1
  REQUIRE(packed.size() == 2 * 2 * 16);
  CHECK(packed[0 * 16 + 3] == 7);           // panel 0, input 0, output 3
  CHECK(packed[1 * 16 + 3] == 8);           // panel 0, input 1, output 3
  CHECK(packed[2 * 16 + 1] == 2 * 17 + 1);  // panel 1, input 0, output 17
  CHECK(packed[3 * 16 + 2] == 0);           // panel 1, input 1, output 18: there is none
}

TEST_CASE("a convolution's inputs lie inside its window's taps") {
  const std::vector<float> packed = pack_weight(counted(16 * 3 * 9), 16, 3, 3);
  // Output 2, input 1, tap (2, 0): [o][i][ky][kx] -> [ky][kx][i][o]
  CHECK(packed[((2 * 3 + 0) * 3 + 1) * 16 + 2] == 2 * 27 + 1 * 9 + 2 * 3 + 0 + 1);
}

TEST_CASE("unpacking undoes packing") {
  const Values weight = counted(24 * 40), depthwise = counted(24 * 25), bias = counted(24);
  CHECK(unpack_weight(pack_weight(weight, 24, 40), 24, 40) == weight);
  CHECK(unpack_weight(pack_weight(depthwise, 24, 1, 5), 24, 1, 5) == depthwise);
  CHECK(unpack_bias(pack_bias(bias), 24) == bias);
  CHECK_THROWS(unpack_bias(pack_bias(bias), 40));
  CHECK_THROWS(pack_weight(weight, 24, 41));
}

}  // namespace
}  // namespace effnet::test
