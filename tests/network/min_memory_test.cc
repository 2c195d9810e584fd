// Libraries that were compiled with --min-memory: the bits of the usual ones in a smaller arena.
#include "generators/target.h"
#include "tests/catch.h"
#include "tests/network/asked.h"
#include "tests/network/compiled.h"
#include "tests/support/seeded.h"
#include "tests/support/temporary.h"

namespace effnet::test {
namespace {

std::string usual_library(const std::string& network) {
  return network == "efficientnet_b0" ? "fat_efficientnet_b0" : network;
}

void import_some_weights(const effnet_program& program, const std::string& weights) {
  const std::string network = program.network;
  const std::vector<std::string> type = {"--precision", program.precision};
  if (network.find("lite") != std::string::npos)
    import_weights(network, published_weights(network), weights, type);
  else
    import_golden_weights(network, read_golden(network), weights, type);
}

TEST_CASE("a smaller arena changes no bit, for every target and any number of threads") {
  for (const std::string& name : asked_networks({"efficientnet_b0"})) {
    const TemporaryFolder folder(networks_folder());
    const std::string weights = folder.file("weights");
    const CompiledNetwork usual(usual_library(name)), small("min_" + name);
    import_some_weights(usual.program(), weights);
    const std::vector<float> input =
        channels_innermost(seeded_input(usual.program().resolution), usual.program().resolution);
    for (int i = 0; i < small.program().variant_count; ++i) {
      const char* target = small.program().variants[i].target;
      if (!runs_here(*find_target(target))) continue;
      INFO(name << " for " << target);
      const Model model = usual.open(weights, 1, target);
      const Outputs expected = model.run(input);
      for (const int threads : {1, 2, 5}) {
        const Model smaller = small.open(weights, threads, target);
        CHECK(smaller.run(input) == expected);
        CHECK(smaller.run(input) == expected);  // on what the first run left in the arena
      }
      const std::size_t arena = small.open(weights, 1, target).info().arena_bytes;
      CHECK(arena < model.info().arena_bytes * 9 / 10);
      CHECK(arena <= static_cast<std::size_t>(small.constant("ARENA_BYTES") +
                                              small.constant("ARENA_BYTES_PER_THREAD")));
      if (name == "efficientnet_b0") CHECK(arena <= 2'500'000);
    }
  }
}

}  // namespace
}  // namespace effnet::test
