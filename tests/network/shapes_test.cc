// What no golden file covers: odd resolutions, another number of classes, batches,
// Lite at a size of its own. Expected numbers come from the plain reference, on
// weights that never went through import except where the test says so.
#include "tests/catch.h"
#include "tests/network/compiled.h"
#include "tests/support/golden.h"
#include "tests/support/packed.h"
#include "tests/support/seeded.h"
#include "tests/support/temporary.h"

namespace effnet::test {
namespace {

struct Case {
  std::string library, network;
  int resolution, classes;
};

// The statistics in the golden files fit their own resolution: elsewhere outputs are larger than a trained
// network's, and float32's rounding with them.
template <typename Expected>
double tolerance(const Expected& expected) {
  double largest = 1;
  for (const double value : expected) largest = std::max(largest, std::abs(value));
  return 1e-4 * largest;
}

void check_against(const ReferenceOutputs& expected, const Outputs& outputs) {
  CHECK(largest_difference(outputs.logits, expected.logits) < tolerance(expected.logits));
  CHECK(largest_difference(outputs.features, expected.features) < tolerance(expected.features));
  CHECK(largest_difference(outputs.last_map, expected.last_map.values) < tolerance(expected.last_map.values));
}

std::vector<float> input_for(int resolution, std::uint64_t seed = 1) {
  return channels_innermost(seeded_input(resolution, seed), resolution);
}

// A network with seeded weights, known to the reference and imported into a file.
class SeededNetwork {
 public:
  explicit SeededNetwork(const Case& wanted) : folder_(networks_folder()) {
    NetworkConfig config = *find_network(wanted.network);
    config.resolution = wanted.resolution;
    config.classes = wanted.classes;
    network_ = *build_network(config);
    const FloatTensors state = seeded_state(network_, read_golden(wanted.network).statistics);
    weights_ = fold(network_, state);
    write_tensors(folder_.file("seeded.safetensors"), state);
    import_weights(wanted.network, folder_.file("seeded.safetensors"), file(),
                   {"--classes", std::to_string(wanted.classes)});
  }

  std::string file() const { return folder_.file("weights"); }
  const Network& network() const { return network_; }
  const PlainWeights& weights() const { return weights_; }
  ReferenceOutputs expected(const std::vector<float>& input) const {
    return reference_run(network_, weights_, to_map(input, network_.resolution));
  }

 private:
  TemporaryFolder folder_;
  Network network_;
  PlainWeights weights_;
};

const std::vector<Case> cases = {{"efficientnet_b0_203", "efficientnet_b0", 203, 1000},
                                 {"tf_efficientnet_b0_203", "tf_efficientnet_b0", 203, 1000},
                                 {"efficientnet_b0_97_10", "efficientnet_b0", 97, 10},
                                 {"tf_efficientnet_b0_97_10", "tf_efficientnet_b0", 97, 10}};

TEST_CASE("odd resolutions and ten classes give the reference's outputs") {
  for (const Case& wanted : cases) {
    INFO(wanted.library);
    const SeededNetwork seeded(wanted);
    const Model model = CompiledNetwork(wanted.library).open(seeded.file());
    REQUIRE(model.info().resolution == wanted.resolution);
    REQUIRE(model.info().classes == wanted.classes);
    REQUIRE(model.info().map_height == seeded.network().head.out.height);
    const std::vector<float> input = input_for(wanted.resolution);
    check_against(seeded.expected(input), model.run(input));
  }
}

TEST_CASE("every image of a batch has the reference's outputs, and the bits of a run alone") {
  const Case wanted = cases[3];
  const SeededNetwork seeded(wanted);
  const Model model = CompiledNetwork(wanted.library).open(seeded.file(), 2);
  for (const int count : {1, 3, 8}) {
    INFO("batch of " << count);
    std::vector<float> batch;
    Outputs alone;
    std::vector<double> expected;
    const auto append = [](auto& to, const auto& from) { to.insert(to.end(), from.begin(), from.end()); };
    for (int i = 0; i < count; ++i) {
      const std::vector<float> input = input_for(wanted.resolution, 100 + i);
      const Outputs one = model.run(input);
      append(batch, input);
      append(alone.logits, one.logits);
      append(alone.features, one.features);
      append(alone.last_map, one.last_map);
      append(expected, seeded.expected(input).logits);
    }
    const Outputs together = model.run(batch);
    CHECK(together == alone);
    CHECK(largest_difference(together.logits, expected) < tolerance(expected));
  }
}

TEST_CASE("import folds and packs weights as the formulas say") {
  const SeededNetwork seeded(cases[2]);
  const PlainWeights imported = unpack(seeded.network(), read_tensors(seeded.file()).tensors);
  REQUIRE(imported.size() == seeded.weights().size());
  for (const auto& [name, values] : seeded.weights()) {
    INFO(name);
    REQUIRE(imported.count(name) == 1);
    double largest = 0;
    for (const double value : values) largest = std::max(largest, std::abs(value));
    CHECK(largest_difference(imported.at(name), values) <= largest * 2e-7);
  }
}

TEST_CASE("weights of the other padding family, another network or other classes are refused") {
  const SeededNetwork seeded(cases[3]), other_family(cases[2]), other_classes(cases[1]);
  const CompiledNetwork network(cases[3].library);
  CHECK_NOTHROW(network.open(seeded.file()));
  for (const std::string& file : {other_family.file(), other_classes.file()}) {
    char error[256] = "";
    effnet_options options{};
    options.error = error;
    options.error_bytes = sizeof error;
    effnet_model* model = nullptr;
    CHECK(network.open(file, &options, &model) == EFFNET_WRONG_NETWORK);
    CHECK(model == nullptr);
    CHECK(std::string(error).find(file) != std::string::npos);
  }
}

}  // namespace
}  // namespace effnet::test
