// Networks compiled for arm-64, run by qemu-aarch64: timm's outputs for seeded weights, and the published weights of
// Lite0 on a real picture, prepared there too.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "models/network.h"
#include "pictures/read.h"
#include "tests/arm/arm_program.h"
#include "tests/catch.h"
#include "tests/network/asked.h"
#include "tests/network/compiled.h"
#include "tests/support/golden.h"
#include "tests/support/temporary.h"

namespace effnet::test {
namespace {

std::string arm_folder() { return networks_folder() + "/arm"; }

// The header says how much memory a model takes: NAME_ARENA_BYTES and NAME_ARENA_BYTES_PER_THREAD.
std::size_t arena_bytes(const std::string& name, int threads) {
  const std::string header = read_file(arm_folder() + "/" + name + ".h");
  const auto constant = [&](const std::string& ending) -> std::size_t {
    const std::size_t at = header.find("_" + ending + " ");
    if (at == std::string::npos) throw std::runtime_error(name + ".h has no " + ending);
    return std::stoull(header.substr(at + ending.size() + 2));
  };
  return constant("ARENA_BYTES") + threads * constant("ARENA_BYTES_PER_THREAD");
}

ArmShape shape_of(const std::string& name, int threads) {
  const Network network = *build_network(*find_network(name));
  const Shape& last = network.head.out;
  return {static_cast<std::size_t>(network.classes), static_cast<std::size_t>(last.channels),
          static_cast<std::size_t>(last.height) * last.width, arena_bytes(name, threads)};
}

TEST_CASE("a network's outputs on ARM are timm's, whatever the number of threads") {
  for (const std::string& name : asked_networks({"efficientnet_b0"})) {
    INFO(name);
    const Golden golden = read_golden(name);
    const TemporaryFolder folder(networks_folder());
    import_golden_weights(name, golden, folder.file("weights"));
    const std::vector<float> input = golden_input(golden);
    const ArmProgram program(arm_folder(), name);
    const ArmOutputs outputs = program.run(folder.file("weights"), input, shape_of(name, 1));
    CHECK(largest_difference(outputs.logits, golden.logits) < golden_tolerance(name));
    CHECK(largest_difference(outputs.features, golden.features) < golden_tolerance(name));
    CHECK(largest_difference(average_over_channels(outputs.last_map, golden.features.size()),
                             golden.last_map_mean) < golden_tolerance(name));
    CHECK(program.run(folder.file("weights"), input, shape_of(name, 3), 3).logits == outputs.logits);
  }
}

TEST_CASE("published weights see what they should in a sample picture on ARM") {
  const std::string name = "tf_efficientnet_lite0";
  const nlohmann::json golden =
      nlohmann::json::parse(read_file(golden_path("lite_pictures.json")))[name]["coffee.png"];
  const TemporaryFolder folder(networks_folder());
  import_weights(name, published_weights(name), folder.file("weights"));
  const Result<Picture> picture = read_picture(EFFNET_SOURCE_DIR "/samples/coffee.png");
  REQUIRE(picture);
  const ArmOutputs outputs =
      ArmProgram(arm_folder(), name).run(folder.file("weights"), *picture, shape_of(name, 1));
  const std::vector<float> first(outputs.logits.begin(), outputs.logits.begin() + 8);
  CHECK(largest_difference(first, golden["logits_first8"].get<std::vector<double>>()) < 1e-3);
  const auto best = std::max_element(outputs.logits.begin(), outputs.logits.end());
  CHECK(best - outputs.logits.begin() == golden["top5"][0][0].get<int>());
}

}  // namespace
}  // namespace effnet::test
