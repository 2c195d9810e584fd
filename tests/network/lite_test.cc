// Lite networks with the real ImageNet weights on real pictures, through the library and through the program effnet.
// Expected numbers: tests/data/golden/lite_pictures.json, computed from the same weights and Pillow's pictures.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>

#include "pictures/read.h"
#include "tasks/class_activation.h"
#include "tests/catch.h"
#include "tests/network/asked.h"
#include "tests/network/compiled.h"
#include "tests/support/golden.h"
#include "tests/support/packed.h"
#include "tests/support/process.h"
#include "tests/support/seeded.h"
#include "tests/support/temporary.h"
#include "tests/support/tensors.h"

namespace effnet::test {
namespace {

const std::vector<std::string> all = {"tf_efficientnet_lite0", "tf_efficientnet_lite1",
                                      "tf_efficientnet_lite2"};

std::string sample(const std::string& picture) { return EFFNET_SOURCE_DIR "/samples/" + picture; }

nlohmann::json golden_pictures() {
  return nlohmann::json::parse(read_file(golden_path("lite_pictures.json")));
}

std::vector<float> prepare(const Model& model, const std::string& picture_file) {
  const Result<Picture> picture = read_picture(sample(picture_file));
  if (!picture) throw std::runtime_error(picture.message());
  const std::size_t resolution = model.info().resolution;
  std::vector<float> input(resolution * resolution * 3);
  const effnet_status status = effnet_prepare(model.get(), picture->rgb.data(), picture->width,
                                              picture->height, std::size_t(3) * picture->width, input.data());
  if (status != EFFNET_OK) throw std::runtime_error(effnet_error(model.get()));
  return input;
}

// Class numbers from the most probable one downwards.
std::vector<int> ranking(const std::vector<float>& probabilities) {
  std::vector<int> classes(probabilities.size());
  std::iota(classes.begin(), classes.end(), 0);
  std::stable_sort(classes.begin(), classes.end(),
                   [&](int a, int b) { return probabilities[a] > probabilities[b]; });
  return classes;
}

void check_map(const std::vector<float>& map, const nlohmann::json& expected) {
  std::vector<double> values;
  for (const auto& row : expected)
    for (const double value : row) values.push_back(value);
  REQUIRE(map.size() == values.size());
  CHECK(largest_difference(map, values) < 0.02);
}

void check_activation_map(const Model& model, const std::vector<float>& last_map, int top,
                          const nlohmann::json& expected) {
  std::vector<float> weights(model.info().features);
  REQUIRE(effnet_get_class(model.get(), top, weights.data(), nullptr) == EFFNET_OK);
  const ActivationMap map =
      class_activation(last_map, model.info().map_height, model.info().map_width, weights);
  check_map(map.values, expected);
}

void check_picture(const Model& model, const std::string& picture, const nlohmann::json& expected) {
  INFO(picture);
  const std::vector<float> input = prepare(model, picture);
  const double mean = std::accumulate(input.begin(), input.end(), 0.0) / static_cast<double>(input.size());
  CHECK(mean == Approx(expected["input_mean"].get<double>()).margin(1e-5));

  const Outputs outputs = model.run(input);
  const auto logits = expected["logits_first8"].get<std::vector<double>>();
  const std::vector<float> first(outputs.logits.begin(), outputs.logits.begin() + 8);
  CHECK(largest_difference(first, logits) < 1e-3);

  std::vector<float> probabilities(outputs.logits.size());
  effnet_softmax(outputs.logits.data(), model.info().classes, probabilities.data());
  const std::vector<int> best = ranking(probabilities);
  check_activation_map(model, outputs.last_map, best[0], expected["cam_top1"]);
  for (std::size_t place = 0; place < 5; ++place) {
    const nlohmann::json& row = expected["top5"][place];
    CHECK(best[place] == row[0].get<int>());
    CHECK(std::string(model.info().labels[best[place]]) == row[1].get<std::string>());
    CHECK(probabilities[best[place]] == Approx(row[2].get<double>()).margin(0.002));
  }
}

TEST_CASE("published weights see what they should in the sample pictures") {
  const nlohmann::json golden = golden_pictures();
  for (const std::string& name : asked_networks(all)) {
    INFO(name);
    const TemporaryFolder folder(networks_folder());
    import_weights(name, published_weights(name), folder.file("weights"));
    const Model model = CompiledNetwork(name).open(folder.file("weights"));
    REQUIRE(model.info().labels != nullptr);
    for (const char* picture : {"chelsea.png", "coffee.png"})
      check_picture(model, picture, golden[name][picture]);
  }
}

TEST_CASE("published weights: effnet cam --raw writes the reference's map of the most probable class") {
  const nlohmann::json golden = golden_pictures();
  for (const std::string& name : asked_networks(all)) {
    const TemporaryFolder folder(networks_folder());
    import_weights(name, published_weights(name), folder.file("weights"));
    for (const char* picture : {"chelsea.png", "coffee.png"}) {
      INFO(name << ", " << picture);
      const nlohmann::json& expected = golden[name][picture];
      const std::string raw = folder.file("map.safetensors");
      const ProcessResult result =
          run_program({EFFNET_PROGRAM, "cam", networks_folder() + "/lib" + name + ".so", "--weights",
                       folder.file("weights"), "--raw", raw, sample(picture)});
      CHECK(result.error.empty());
      REQUIRE(result.status == 0);
      const FloatFile file = read_tensors(raw);
      const FloatTensor& map = find(file.tensors, "map");
      const auto side = static_cast<std::int64_t>(expected["cam_top1"].size());
      CHECK(map.shape == std::vector<std::int64_t>{side, side});
      check_map(map.values, expected["cam_top1"]);
      CHECK(file.metadata.at("class") == expected["top5"][0][0].dump());
      CHECK(file.metadata.at("label") == expected["top5"][0][1].get<std::string>());
      CHECK(std::stod(file.metadata.at("probability")) ==
            Approx(expected["top5"][0][2].get<double>()).margin(0.002));
    }
  }
}

TEST_CASE("Lite0 at an odd resolution gives the reference's outputs, whatever the number of threads") {
  NetworkConfig config = *find_network("tf_efficientnet_lite0");
  config.resolution = 203;
  const Network network = *build_network(config);
  const TemporaryFolder folder(networks_folder());
  import_weights(config.name, published_weights(config.name), folder.file("weights"));
  const CompiledNetwork library("tf_efficientnet_lite0_203");
  const Outputs outputs =
      library.open(folder.file("weights")).run(channels_innermost(seeded_input(203), 203));
  const PlainWeights weights = unpack(network, read_tensors(folder.file("weights")).tensors);
  const ReferenceOutputs expected =
      reference_run(network, weights, to_map(channels_innermost(seeded_input(203), 203), 203));
  CHECK(largest_difference(outputs.logits, expected.logits) < 1e-4);
  CHECK(largest_difference(outputs.features, expected.features) < 1e-4);
  for (const int threads : {2, 5}) {
    INFO(threads << " threads");
    CHECK(library.open(folder.file("weights"), threads).run(channels_innermost(seeded_input(203), 203)) ==
          outputs);
  }
}

}  // namespace
}  // namespace effnet::test
