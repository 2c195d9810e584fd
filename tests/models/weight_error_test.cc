#include "models/weight_error.h"

#include <cmath>

#include "formats/safetensors_writer.h"
#include "models/packing.h"
#include "tests/catch.h"
#include "tests/support/temporary.h"

using namespace effnet;

namespace {

// A weight [20][6], as a layer of an element type stores it: [scale,] weight, bias.
std::vector<TensorBytes> packed(const std::vector<double>& weight, const WeightStorage& storage) {
  return pack_layer(weight, std::vector<double>(20), 6, 1, storage);
}

StoredWeight stored(const std::vector<TensorBytes>& tensors, const WeightStorage& storage) {
  StoredWeight weight{storage.element, storage.together, 2, tensors[tensors.size() - 2], {}};
  if (tensors.size() == 3) weight.scale = tensors[0];
  return weight;
}

std::vector<double> some_weight() {
  std::vector<double> weight(20 * 6);
  for (std::size_t i = 0; i < weight.size(); ++i) weight[i] = std::sin(static_cast<double>(i));
  return weight;
}

const WeightStorage f32 = {}, bf16_pairs = {Element::bf16, 2}, bf16 = {Element::bf16, 1},
                    i8 = {Element::i8, 1};

}  // namespace

TEST_CASE("Stored weights become panels of float32, whatever their type") {
  std::vector<double> weight(20 * 6);
  for (std::size_t i = 0; i < weight.size(); ++i) weight[i] = static_cast<double>(i);  // exact in bf16
  const auto exact = packed(weight, f32), pairs = packed(weight, bf16_pairs), single = packed(weight, bf16);
  const std::vector<float> wanted = to_panels(stored(exact, f32));
  CHECK(wanted[(1 * 6 + 5) * 16 + 3] == 19 * 6 + 5);
  CHECK(to_panels(stored(pairs, bf16_pairs)) == wanted);
  CHECK(to_panels(stored(single, bf16)) == wanted);
}

TEST_CASE("The error of weights is the root mean square of what rounding did, to their size") {
  const auto exact = packed(some_weight(), f32);
  CHECK(weight_error(stored(exact, f32), stored(exact, f32)) == 0);
  for (const WeightStorage& storage : {bf16, bf16_pairs, i8}) {
    const auto other = packed(some_weight(), storage);
    const double error = weight_error(stored(exact, f32), stored(other, storage));
    CHECK(error > 0.0005);
    CHECK(error < 0.005);
  }
  std::vector<double> doubled = some_weight();
  for (double& w : doubled) w *= 2;
  const auto twice = packed(doubled, f32), zeros = packed(std::vector<double>(20 * 6), f32);
  CHECK(weight_error(stored(exact, f32), stored(twice, f32)) == Approx(1));
  CHECK(weight_error(stored(zeros, f32), stored(zeros, f32)) == 0);
  CHECK(weight_error(stored(zeros, f32), stored(exact, f32)) == 1);
}

TEST_CASE("Two files' weights are compared by name, the largest error first") {
  const test::TemporaryFolder folder;
  const auto write = [&](const std::string& name, float first, float second) {
    auto file = SafetensorsWriter::create(folder.file(name),
                                          {{"a.weight", Dtype::f32, {1, 2, 16}},
                                           {"b.weight", Dtype::f32, {1, 1, 1, 16}},
                                           {"b.bias", Dtype::f32, {16}}},
                                          {});
    REQUIRE(file);
    REQUIRE(file->write(std::vector<float>(32, first)));
    REQUIRE(file->write(std::vector<float>(16, second)));
    REQUIRE(file->write(std::vector<float>(16, second)));
    REQUIRE(file->commit());
    return test::read_file(folder.file(name));
  };
  const std::string a = write("a", 1, 1), b = write("b", 1.1F, 1.5F);
  Safetensors one, other;
  char error[200];
  REQUIRE(one.parse(std::as_bytes(std::span(a)), {}, error));
  REQUIRE(other.parse(std::as_bytes(std::span(b)), {}, error));
  const std::vector<LayerError> errors = weight_errors(one, other);
  REQUIRE(errors.size() == 2);
  CHECK(errors[0].layer == "b");
  CHECK(errors[0].error == Approx(0.5));
  CHECK(errors[1].layer == "a");
  CHECK(errors[1].error == Approx(0.1));
}
