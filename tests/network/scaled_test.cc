// Networks that effnetc scale emits, at random: they compile, import and run like B0. Expected numbers come from the
// plain reference, on weights that it folded itself.
#include <cmath>
#include <cstdlib>

#include "models/scaling.h"
#include "tests/catch.h"
#include "tests/network/compiled.h"
#include "tests/support/calibrated.h"
#include "tests/support/golden.h"
#include "tests/support/process.h"
#include "tests/support/seeded.h"
#include "tests/support/temporary.h"

namespace effnet::test {
namespace {

struct Case {
  std::string base;
  CompoundScaling scaling;
  int resolution = 0, classes = 0;
};

// The same networks on every machine and in every run.
class Cases {
 public:
  explicit Cases(int number) : numbers_("scaled network " + std::to_string(number)) {}
  Case next() {
    const char* bases[] = {"efficientnet_b0", "tf_efficientnet_b0", "tf_efficientnet_lite0"};
    Case result;
    result.base = bases[whole(0, 2)];
    result.scaling = {real(1, 1.5), real(1, 1.25), real(1, 1.3), real(0, 1.6)};
    result.resolution = 2 * whole(16, 55) + 1;
    result.classes = whole(1, 40);
    return result;
  }

 private:
  double real(double from, double to) { return from + (to - from) * numbers_(count_++); }
  int whole(int from, int to) { return static_cast<int>(std::floor(real(from, to + 0.999))); }
  SeededNumbers numbers_;
  std::uint64_t count_ = 0;
};

void run_effnetc(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), EFFNETC);
  const ProcessResult result = run_program(arguments);
  INFO(result.error);
  REQUIRE(result.status == 0);
}

std::string text(double value) {
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%.6f", value);
  return buffer;
}

// scale -> network file -> compile at an odd resolution, and import.
void make(const Case& wanted, const std::string& name, const TemporaryFolder& folder) {
  const CompoundScaling& s = wanted.scaling;
  run_effnetc({"scale", "--base", wanted.base, "--classes", std::to_string(wanted.classes), "--alpha",
               text(s.alpha), "--beta", text(s.beta), "--gamma", text(s.gamma), "--phi", text(s.phi), "-o",
               folder.file(name + ".json")});
  run_effnetc({"compile", folder.file(name + ".json"), "-o", folder.path().string(), "--target", "host",
               "--shared", "--resolution", std::to_string(wanted.resolution), "--cache-dir",
               EFFNET_BINARY_DIR "/tests/kernels"});
}

// Every weight up or down by as much as rounding to float32 may move it.
PlainWeights moved(PlainWeights weights) {
  const SeededNumbers numbers("roundings");
  std::uint64_t i = 0;
  for (auto& [name, values] : weights)
    for (double& value : values) value *= numbers(i++) < 0.5F ? 1 - 0x1p-24 : 1 + 0x1p-24;
  return weights;
}

double largest_of(const Values& values) {
  double largest = 0;
  for (const double value : values) largest = std::max(largest, std::abs(value));
  return largest;
}

// Deep random networks enlarge rounding errors, every one by another factor: what one rounding of every weight does to
// the exact outputs is the measure. Sums round more often, and a swish is off by up to 5 such roundings (3e-7).
void check_against(const Values& exact, const Values& rounded, const std::vector<float>& values) {
  double rounding = 0;
  for (std::size_t i = 0; i < exact.size(); ++i)
    rounding = std::max(rounding, std::abs(exact[i] - rounded[i]));
  CHECK(largest_of(exact) > 0.01);  // else nothing would be compared
  CHECK(rounding < 1e-3 * largest_of(exact));
  CHECK(largest_difference(values, exact) < 24 * rounding);
}

void check_case(int number) {
  const Case wanted = Cases(number).next();
  const CompoundScaling& s = wanted.scaling;
  INFO("network " << number << ": " << wanted.base << " alpha " << s.alpha << " beta " << s.beta << " gamma "
                  << s.gamma << " phi " << s.phi << ", resolution " << wanted.resolution << ", "
                  << wanted.classes << " classes");
  const TemporaryFolder folder(networks_folder());
  const std::string name = "scaled" + std::to_string(number);
  make(wanted, name, folder);

  Result<NetworkConfig> config = find_network(folder.file(name + ".json"));
  REQUIRE(config);
  config->resolution = wanted.resolution;
  const Network network = *build_network(*config);
  const std::vector<float> input = channels_innermost(seeded_input(wanted.resolution), wanted.resolution);
  const Tensor3 map = to_map(input, wanted.resolution);
  const FloatTensors state = calibrated_state(network, map);
  write_tensors(folder.file("seeded.safetensors"), state);
  import_weights(folder.file(name + ".json"), folder.file("seeded.safetensors"), folder.file("weights"));

  const CompiledNetwork library(name, folder.path().string());
  const Model model = library.open(folder.file("weights"));
  REQUIRE(model.info().resolution == wanted.resolution);
  REQUIRE(model.info().classes == wanted.classes);
  const Outputs outputs = model.run(input);
  const PlainWeights folded = fold(network, state);
  const ReferenceOutputs exact = reference_run(network, folded, map),
                         rounded = reference_run(network, moved(folded), map);
  check_against(exact.logits, rounded.logits, outputs.logits);
  check_against(exact.features, rounded.features, outputs.features);
  check_against(exact.last_map.values, rounded.last_map.values, outputs.last_map);
  CHECK(library.open(folder.file("weights"), 3).run(input) == outputs);
}

int number_from(const char* variable, int otherwise) {
  const char* value = std::getenv(variable);
  return value ? std::atoi(value) : otherwise;
}

TEST_CASE("networks that effnetc scale makes compile, import and give the reference's outputs") {
  const int first = number_from("EFFNET_TEST_FIRST", 0), last = number_from("EFFNET_TEST_LAST", 2);
  for (int number = first; number <= last; ++number) check_case(number);
}

}  // namespace
}  // namespace effnet::test
