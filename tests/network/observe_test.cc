// Libraries compiled to observe: every tensor between layers, against the plain reference; what effnet calibrate makes
// of them.
#include <map>
#include <nlohmann/json.hpp>

#include "models/calibration.h"
#include "pictures/read.h"
#include "tests/catch.h"
#include "tests/network/compiled.h"
#include "tests/support/calibrated.h"
#include "tests/support/golden.h"
#include "tests/support/packed.h"
#include "tests/support/process.h"
#include "tests/support/seeded.h"
#include "tests/support/temporary.h"

namespace effnet::test {
namespace {

using Tensors = std::map<std::string, std::vector<float>>;  // without padding

struct Seen {
  std::vector<std::string> names;
  Tensors tensors;
};

void see(void* user, const effnet_observed* observed) {
  auto& seen = *static_cast<Seen*>(user);
  seen.names.emplace_back(observed->tensor);
  std::vector<float>& values = seen.tensors[observed->tensor];
  for (int pixel = 0; pixel < observed->height * observed->width; ++pixel) {
    const float* begin = observed->values + std::ptrdiff_t(pixel) * observed->stride;
    values.insert(values.end(), begin, begin + observed->channels);
  }
}

Seen observe(const Model& model, const std::vector<float>& input, std::vector<float>& logits) {
  Seen seen;
  logits.resize(model.info().classes);
  if (effnet_run_observed(model.get(), input.data(), logits.data(), see, &seen) != EFFNET_OK)
    throw std::runtime_error(effnet_error(model.get()));
  return seen;
}

struct Case {
  std::string network;
  int resolution, classes;
  std::string library() const { return network + "_observe"; }
};
const std::vector<Case> cases = {{"efficientnet_b0", 224, 1000}, {"tf_efficientnet_lite0", 97, 10}};

TEST_CASE(
    "every tensor has the reference's values, whatever the threads, and the logits are near the fused "
    "library's") {
  for (const Case& wanted : cases) {
    INFO(wanted.network);
    NetworkConfig config = *find_network(wanted.network);
    config.resolution = wanted.resolution;
    config.classes = wanted.classes;
    const Network network = *build_network(config);
    const bool lite = network.family == Family::lite;
    const std::vector<float> input = channels_innermost(seeded_input(wanted.resolution), wanted.resolution);
    const FloatTensors state = lite ? calibrated_state(network, to_map(input, wanted.resolution))
                                    : seeded_state(network, read_golden(wanted.network).statistics);
    const TemporaryFolder folder(networks_folder());
    write_tensors(folder.file("seeded.safetensors"), state);
    import_weights(wanted.network, folder.file("seeded.safetensors"), folder.file("weights"),
                   {"--classes", std::to_string(wanted.classes)});
    const Model model = CompiledNetwork(wanted.library()).open(folder.file("weights"));
    std::vector<float> logits;
    const Seen seen = observe(model, input, logits);
    CHECK(seen.names == calibrated_tensors(network));
    std::vector<std::string> expected;
    reference_run(network, fold(network, state), to_map(input, wanted.resolution),
                  [&](const std::string& name, const Tensor3& tensor) {
                    INFO(name);
                    expected.push_back(name);
                    double largest = 1;
                    for (const double value : tensor.values) largest = std::max(largest, std::abs(value));
                    REQUIRE(seen.tensors.count(name) == 1);
                    CHECK(largest_difference(seen.tensors.at(name), tensor.values) < 1e-4 * largest);
                  });
    CHECK(seen.names == expected);
    std::vector<float> with_threads;
    CHECK(observe(CompiledNetwork(wanted.library()).open(folder.file("weights"), 3), input, with_threads)
              .tensors == seen.tensors);
    CHECK(with_threads == logits);
    CHECK(model.run(input).logits == logits);
    // Squeeze-excite's gates multiply the other factor here than where the projection has them.
    if (!lite) {
      const std::vector<float> fused =
          CompiledNetwork(wanted.network).open(folder.file("weights")).run(input).logits;
      CHECK(largest_difference(fused, std::vector<double>(logits.begin(), logits.end())) < 1e-4);
    }
  }
}

// --- effnet calibrate ---

std::string sample(const std::string& picture) { return EFFNET_SOURCE_DIR "/samples/" + picture; }

std::vector<float> prepare(const Model& model, const std::string& path) {
  const Picture picture = *read_picture(path);
  const std::size_t side = model.info().resolution;
  std::vector<float> input(side * side * 3);
  REQUIRE(effnet_prepare(model.get(), picture.rgb.data(), picture.width, picture.height,
                         std::size_t(3) * picture.width, input.data()) == EFFNET_OK);
  return input;
}

// By the definition.
struct Statistics {
  double minimum = 1e300, maximum = -1e300;
  std::vector<double> sums;
  double pixels = 0;

  void add(const Tensor3& tensor) {
    sums.resize(tensor.channels);
    pixels += double(tensor.height) * tensor.width;
    for (std::size_t i = 0; i < tensor.values.size(); ++i) {
      minimum = std::min(minimum, tensor.values[i]);
      maximum = std::max(maximum, tensor.values[i]);
      sums[i % tensor.channels] += tensor.values[i];
    }
  }
};

void check_tensor(const CalibratedTensor& tensor, const Statistics& expected) {
  const double largest = std::max({1.0, std::abs(expected.minimum), std::abs(expected.maximum)});
  CHECK(tensor.minimum == Approx(expected.minimum).margin(1e-4 * largest));
  CHECK(tensor.maximum == Approx(expected.maximum).margin(1e-4 * largest));
  CHECK(tensor.scale > 0);
  CHECK(tensor.scale <= 1.001 * (tensor.maximum - std::min(0.0, tensor.minimum)) / 255);
  CHECK(tensor.loss > 0);
  CHECK(tensor.loss < 0.01);
  REQUIRE(tensor.means.size() == expected.sums.size());
  for (std::size_t c = 0; c < tensor.means.size(); ++c)
    CHECK(tensor.means[c] == Approx(expected.sums[c] / expected.pixels).margin(1e-5 * largest));
}

TEST_CASE("effnet calibrate finds the ranges and means of a published network on pictures") {
  const std::string name = "tf_efficientnet_lite0", library = name + "_observe_224";
  const TemporaryFolder folder(networks_folder());
  import_weights(name, published_weights(name), folder.file("weights"));
  std::string printed;
  const auto calibrate = [&](const std::string& output, const std::vector<std::string>& further) {
    std::vector<std::string> command = {EFFNET_PROGRAM,
                                        "calibrate",
                                        networks_folder() + "/lib" + library + ".so",
                                        "--weights",
                                        folder.file("weights"),
                                        sample("chelsea.png"),
                                        sample("coffee.png"),
                                        "-o",
                                        folder.file(output)};
    command.insert(command.end(), further.begin(), further.end());
    const ProcessResult result = run_program(command);
    INFO(result.error);
    REQUIRE(result.status == 0);
    printed = result.out;
    return read_file(folder.file(output));
  };
  const std::string text = calibrate("minmax.json", {"--method", "minmax", "--jobs", "1"});
  CHECK(calibrate("again.json", {"--method", "minmax", "--jobs", "2", "--threads", "2"}) == text);

  const Network network = *build_network(*find_network(name));
  const Model model = CompiledNetwork(library).open(folder.file("weights"));
  const PlainWeights weights = unpack(network, read_tensors(folder.file("weights")).tensors);
  std::map<std::string, Statistics> expected;
  for (const char* picture : {"chelsea.png", "coffee.png"})
    reference_run(network, weights, to_map(prepare(model, sample(picture)), network.resolution),
                  [&](const std::string& tensor, const Tensor3& map) { expected[tensor].add(map); });
  const Result<Calibration> read = parse_calibration(text, network, "minmax.json");
  REQUIRE(read.ok());
  CHECK(read->pictures == 2);
  CHECK(read->method == "minmax");
  CHECK(read->kept.empty());
  REQUIRE(read->tensors.size() == expected.size());
  for (const auto& [tensor, calibrated] : read->tensors) {
    INFO(tensor);
    check_tensor(calibrated, expected.at(tensor));
  }

  // Without squeeze-excite the fused library computes the same.
  std::vector<float> logits;
  const std::vector<float> input = prepare(model, sample("coffee.png"));
  observe(model, input, logits);
  CHECK(CompiledNetwork(name).open(folder.file("weights")).run(input).logits == logits);

  // Ranges that lose less, and a budget that some blocks exceed.
  const auto loss = [&] { return nlohmann::json::parse(printed)["loss"].get<double>(); };
  calibrate("mse.json", {"--json"});
  const double all_rounded = loss(), budget = 0.6 * all_rounded;
  CHECK(all_rounded < 0.05);
  const Calibration best = *parse_calibration(
      calibrate("kept.json", {"--json", "--max-loss", std::to_string(budget)}), network, "kept.json");
  CHECK(best.method == "mse");
  int clipped = 0;
  for (const auto& [tensor, calibrated] : best.tensors) {
    CHECK(calibrated.loss <= read->tensors.at(tensor).loss);
    if (calibrated.scale < 0.9F * read->tensors.at(tensor).scale) ++clipped;
  }
  CHECK(clipped > 0);
  CHECK_FALSE(best.kept.empty());
  CHECK(best.kept.size() < network.blocks.size());
  CHECK(loss() <= budget);
  calibrate("kept.json", {"--max-loss", std::to_string(budget)});
  CHECK_THAT(printed, Catch::Contains("effnetc compile needs --calibration " + folder.file("kept.json")));
}

}  // namespace
}  // namespace effnet::test
