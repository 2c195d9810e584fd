// The plain reference itself against timm's outputs: what the other tests trust.
#include "tests/catch.h"
#include "tests/network/asked.h"
#include "tests/support/golden.h"
#include "tests/support/packed.h"
#include "tests/support/reference.h"
#include "tests/support/seeded.h"

namespace effnet::test {
namespace {

TEST_CASE("the reference's outputs are timm's, up to float32's rounding") {
  for (const std::string& name : asked_networks({"efficientnet_b0", "tf_efficientnet_b0"})) {
    INFO(name);
    const Golden golden = read_golden(name);
    const Network network = *build_network(*find_network(name));
    REQUIRE(network.resolution == golden.resolution);
    const PlainWeights weights = fold(network, seeded_state(network, golden.statistics, golden.seed));
    const std::vector<float> input =
        channels_innermost(seeded_input(golden.resolution, golden.seed), golden.resolution);
    const ReferenceOutputs outputs = reference_run(network, weights, to_map(input, golden.resolution));
    const double allowed = name.back() >= '5' ? 4e-5 : 1e-5;
    const int channels = outputs.last_map.channels;
    CHECK(largest_difference(outputs.logits, golden.logits) < allowed);
    CHECK(largest_difference(outputs.features, golden.features) < allowed);
    CHECK(largest_difference(average_over_channels(outputs.last_map.values, channels), golden.last_map_mean) <
          allowed);
  }
}

}  // namespace
}  // namespace effnet::test
