// The plain operators against numbers worked out by hand; whole networks stand in tests/network.
#include "tests/support/reference.h"

#include "tests/catch.h"

namespace effnet::test {
namespace {

Tensor3 row_of(const Values& values, int channels) {
  Tensor3 map(1, static_cast<int>(values.size()) / channels, channels);
  map.values = values;
  return map;
}

TEST_CASE("a convolution sums its window over all inputs, with zeros around the map") {
  Tensor3 input(2, 2, 2);
  input.values = {1, 10, 2, 20, 3, 30, 4, 40};  // [y][x][c]
  Values weight(2 * 9);                         // one output: [input][ky][kx]
  weight[0 * 9 + 4] = 1;                        // the pixel itself, channel 0
  weight[1 * 9 + 5] = 100;                      // its right neighbour, channel 1
  const Tensor3 output = convolution(input, weight, {0.5}, {3, 1, {1, 1, 1, 1}});
  CHECK(output.values == Values{1 + 2000 + 0.5, 2 + 0.5, 3 + 4000 + 0.5, 4 + 0.5});
}

TEST_CASE("stride and border decide which pixels a window meets") {
  const Tensor3 input = row_of({1, 2, 3, 4}, 1);
  const Values sum_row = {0, 0, 0, 1, 1, 1, 0, 0, 0};
  const Window symmetric{3, 2, {1, 1, 1, 1}}, same{3, 2, {1, 1, 0, 1}};
  CHECK(depthwise(input, sum_row, {0}, symmetric).values == Values{1 + 2, 2 + 3 + 4});
  CHECK(depthwise(input, sum_row, {0}, same).values == Values{1 + 2 + 3, 3 + 4});
}

TEST_CASE("a depthwise layer keeps channels apart") {
  const Tensor3 output = depthwise(row_of({1, 2, 3, 4}, 2), {10, 100}, {0, 1}, {});
  CHECK(output.values == Values{10, 201, 30, 401});
}

TEST_CASE("pointwise and dense layers multiply rows of the weight, [outputs][inputs]") {
  const Values weight = {1, 2, 3, 4, 5, 6}, bias = {0, 10, 100};
  CHECK(dense({1, 10}, weight, bias) == Values{21, 53, 165});
  CHECK(pointwise(row_of({1, 10, 0, 1}, 2), weight, bias).values == Values{21, 53, 165, 2, 14, 106});
  CHECK_THROWS(dense({1, 2, 3}, weight, bias));
}

TEST_CASE("pointwise layers wider than a tile and maps that are no multiple of a block come out whole") {
  Tensor3 input(3, 3, 2);
  for (std::size_t i = 0; i < input.values.size(); ++i) input.values[i] = static_cast<double>(i);
  Values weight(2 * 150), bias(150);
  for (std::size_t o = 0; o < 150; ++o) {
    weight[2 * o] = static_cast<double>(o);
    weight[2 * o + 1] = 1;
    bias[o] = 0.25;
  }
  const Tensor3 output = pointwise(input, weight, bias);
  for (int y = 0; y < 3; ++y)
    for (int x = 0; x < 3; ++x)
      for (int o = 0; o < 150; ++o)
        REQUIRE(output.at(y, x, o) == o * input.at(y, x, 0) + input.at(y, x, 1) + 0.25);
}

TEST_CASE("activations have their textbook values") {
  CHECK(sigmoid(0) == 0.5);
  CHECK(swish(1) == Approx(0.7310585786300049).epsilon(1e-15));
  CHECK(swish(-800) == 0);
  CHECK(activate(Activation::relu6, Values{-1, 3, 7}) == Values{0, 3, 6});
  CHECK(activate(Activation::none, -2.0) == -2);
}

TEST_CASE("squeeze-excite gates come from the channels' means") {
  CHECK(average(row_of({1, 10, 3, 30}, 2)) == Values{2, 20});
  // One squeezed channel: reduce 2 - 1 = 1, swish(1) = 0.731...; expand by 1 and 0.
  const Values gates = squeeze_excite_gates({2, 20}, {{1, 0}, {-1}, {1, 0}, {0, 0}});
  CHECK(gates[0] == Approx(sigmoid(0.7310585786300049)).epsilon(1e-15));
  CHECK(gates[1] == 0.5);
  CHECK(scale(row_of({1, 10, 3, 30}, 2), {2, 0.5}).values == Values{2, 5, 6, 15});
  CHECK(add(row_of({1, 2}, 1), row_of({3, 4}, 1)).values == Values{4, 6});
}

}  // namespace
}  // namespace effnet::test
