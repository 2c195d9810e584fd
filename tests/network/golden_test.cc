// B0-B7 of both padding families, from timm's weights to logits, as a user would go: import, open, run.
// Expected numbers: tests/data/golden/timm.
#include "tests/support/golden.h"

#include "tests/catch.h"
#include "tests/network/asked.h"
#include "tests/network/compiled.h"
#include "tests/support/keras_file.h"
#include "tests/support/seeded.h"
#include "tests/support/temporary.h"

namespace effnet::test {
namespace {

const std::vector<std::string> smallest = {"efficientnet_b0", "tf_efficientnet_b0"};

TEST_CASE("a compiled network's outputs are timm's, whatever the number of threads") {
  for (const std::string& name : asked_networks(smallest)) {
    INFO(name);
    const Golden golden = read_golden(name);
    const TemporaryFolder folder(networks_folder());
    import_golden_weights(name, golden, folder.file("weights"));

    const CompiledNetwork network(name);
    const Model model = network.open(folder.file("weights"));
    REQUIRE(model.info().resolution == golden.resolution);
    REQUIRE(model.info().classes == golden.classes);
    const std::vector<float> input = golden_input(golden);
    const Outputs outputs = model.run(input);
    const double allowed = golden_tolerance(name);
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

#ifdef EFFNET_HDF5
TEST_CASE("Keras' files of a tf_ network give timm's outputs") {
  for (const std::string& name : asked_networks(smallest)) {
    if (!name.starts_with("tf_")) continue;
    INFO(name);
    const Golden golden = read_golden(name);
    const Network network = *build_network(*find_network(name));
    const FloatTensors state = seeded_state(network, golden.statistics, golden.seed);
    const CompiledNetwork library(name);
    const std::vector<float> input = golden_input(golden);
    for (const KerasLayout layout : {KerasLayout::keras2, KerasLayout::keras3}) {
      const TemporaryFolder folder(networks_folder());
      write_keras_file(folder.file("seeded.h5"), network, state, layout);
      import_weights(name, folder.file("seeded.h5"), folder.file("weights"));
      const Outputs outputs = library.open(folder.file("weights")).run(input);
      CHECK(largest_difference(outputs.logits, golden.logits) < golden_tolerance(name));
      CHECK(largest_difference(outputs.features, golden.features) < golden_tolerance(name));
    }
  }
}
#endif

}  // namespace
}  // namespace effnet::test
