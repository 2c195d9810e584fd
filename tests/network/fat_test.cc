// Several targets in one library: each of them gives timm's outputs, whoever asks for it; what this CPU cannot run is
// refused.
#include <cstdlib>

#include "generators/target.h"
#include "tests/catch.h"
#include "tests/network/asked.h"
#include "tests/network/compiled.h"
#include "tests/support/temporary.h"

namespace effnet::test {
namespace {

const std::vector<std::string> usual = {"fat_efficientnet_b0"};

// EFFNET_TARGET while this object lives.
class ForcedByEnvironment {
 public:
  explicit ForcedByEnvironment(const char* target) { setenv("EFFNET_TARGET", target, 1); }
  ~ForcedByEnvironment() { unsetenv("EFFNET_TARGET"); }
};

struct Fat {
  explicit Fat(const std::string& name) : network(name) {
    golden = read_golden(network.program().network);
    import_golden_weights(network.program().network, golden, weights());
    input = golden_input(golden);
  }
  std::string weights() const { return folder.file("weights"); }

  TemporaryFolder folder{networks_folder()};
  CompiledNetwork network;
  Golden golden;
  std::vector<float> input;
};

void check_refused(const Fat& fat, const char* target) {
  char text[300] = "";
  effnet_options options{};
  options.target = target;
  options.error = text;
  options.error_bytes = sizeof text;
  effnet_model* model = nullptr;
  CHECK(fat.network.open(fat.weights(), &options, &model) == EFFNET_UNSUPPORTED_CPU);
  CHECK_THAT(text, Catch::Contains("this CPU lacks") && Catch::Contains(target));
}

TEST_CASE(
    "every target that is forced gives timm's outputs, and the best one is chosen without being asked for") {
  for (const std::string& name : asked_networks(usual)) {
    const Fat fat(name);
    std::string best;
    int targets = 0;
    for (int i = 0; i < fat.network.program().variant_count; ++i) {
      const char* target = fat.network.program().variants[i].target;
      INFO(name << " for " << target);
      if (!runs_here(*find_target(target))) {
        check_refused(fat, target);
        continue;
      }
      if (best.empty()) best = target;
      ++targets;
      const Model model = fat.network.open(fat.weights(), 1, target);
      CHECK(std::string(model.info().target) == target);
      const Outputs outputs = model.run(fat.input);
      const double allowed = golden_tolerance(fat.network.program().network);
      CHECK(largest_difference(outputs.logits, fat.golden.logits) < allowed);
      CHECK(largest_difference(outputs.features, fat.golden.features) < allowed);
      for (const int threads : {2, 5})
        CHECK(fat.network.open(fat.weights(), threads, target).run(fat.input) == outputs);

      const ForcedByEnvironment forced(target);
      const Model by_environment = fat.network.open(fat.weights());
      CHECK(std::string(by_environment.info().target) == target);
      CHECK(by_environment.run(fat.input) == outputs);
    }
    CHECK(targets >= 1);
    CHECK(std::string(fat.network.open(fat.weights()).info().target) == best);
  }
}

}  // namespace
}  // namespace effnet::test
