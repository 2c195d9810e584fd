// B0-B7 of both padding families, from timm's weights to logits, as a user would go: import, open, run.
// Expected numbers: tests/data/golden/timm.
#include "tests/support/golden.h"

#include "tests/catch.h"
#include "tests/network/asked.h"
#include "tests/network/compiled.h"
#include "tests/support/seeded.h"
#include "tests/support/temporary.h"

namespace effnet::test {
namespace {

const std::vector<std::string> smallest = {"efficientnet_b0", "tf_efficientnet_b0"};

// PyTorch's float32 differs from exact arithmetic by up to 2e-5 in the deep ones.
double tolerance(const std::string& network) { return network.back() >= '5' ? 2e-4 : 1e-4; }

void write_seeded_weights(const std::string& name, const Golden& golden, const std::string& path) {
  const Network network = *build_network(*find_network(name));
  write_tensors(path, seeded_state(network, golden.statistics, golden.seed));
}

TEST_CASE("a compiled network's outputs are timm's, whatever the number of threads") {
  for (const std::string& name : asked_networks(smallest)) {
    INFO(name);
    const Golden golden = read_golden(name);
    const TemporaryFolder folder(networks_folder());
    write_seeded_weights(name, golden, folder.file("seeded.safetensors"));
    import_weights(name, folder.file("seeded.safetensors"), folder.file("weights"));

    const CompiledNetwork network(name);
    const Model model = network.open(folder.file("weights"));
    REQUIRE(model.info().resolution == golden.resolution);
    REQUIRE(model.info().classes == golden.classes);
    const std::vector<float> input =
        channels_innermost(seeded_input(golden.resolution, golden.seed), golden.resolution);
    const Outputs outputs = model.run(input);
    const double allowed = tolerance(name);
    const std::vector<double> last_map_mean = average_over_channels(outputs.last_map, golden.features.size());
    CHECK(largest_difference(outputs.logits, golden.logits) < allowed);
    CHECK(largest_difference(outputs.features, golden.features) < allowed);
    CHECK(largest_difference(last_map_mean, golden.last_map_mean) < allowed);
    for (const int threads : {2, 5}) {
      INFO(threads << " threads");
      CHECK(network.open(folder.file("weights"), threads).run(input) == outputs);
    }
  }
}

}  // namespace
}  // namespace effnet::test
