#include <algorithm>

#include "tests/catch.h"
#include "tests/runtime/tiny_program.h"

namespace effnet::tiny {
namespace {

using Catch::Contains;

void (*plain_run)(effnet_context*, const effnet_frame*) = nullptr;

// A gate a channel; what the product is written to.
struct alignas(64) Areas {
  float gates[padded_features], gated[map_side * map_side * padded_features];
} areas;

// What effnetc emits for a library that observes.
void observing_run(effnet_context* context, const effnet_frame* frame) {
  plain_run(context, frame);
  effnet_observe(context, "map", frame->arena, nullptr, nullptr, map_side, map_side, features);
  effnet_observe(context, "gated", frame->arena, areas.gates, areas.gated, map_side, map_side, features);
}

struct Seen {
  std::vector<std::string> names;
  std::vector<std::vector<float>> values;  // without padding
};

void see(void* user, const effnet_observed* observed) {
  auto& seen = *static_cast<Seen*>(user);
  CHECK(observed->height == map_side);
  CHECK(observed->width == map_side);
  CHECK(observed->channels == features);
  CHECK(observed->stride == padded_features);
  seen.names.emplace_back(observed->tensor);
  seen.values.emplace_back();
  for (int pixel = 0; pixel < map_side * map_side; ++pixel)
    seen.values.back().insert(seen.values.back().end(), observed->values + pixel * observed->stride,
                              observed->values + pixel * observed->stride + observed->channels);
}

struct Opened {
  Program program;
  AlignedBytes weights{WeightsFile().bytes()};
  effnet_model* model = nullptr;

  Opened(bool observes, int threads) {
    plain_run = program.variants_storage[1].run;
    for (effnet_variant& variant : program.variants_storage)
      if (observes) variant.run = observing_run;
    effnet_options options = {};
    options.threads = threads;
    REQUIRE(effnet_open_program_memory(&program, weights.data(), weights.size(), &options, &model) ==
            EFFNET_OK);
  }
  Opened(const Opened&) = delete;
  ~Opened() { effnet_close(model); }
};

TEST_CASE("an observer sees every tensor in order, gated ones as products, and the logits stay the same") {
  for (int f = 0; f < features; ++f) areas.gates[f] = 0.25F * static_cast<float>(f);
  const std::vector<float> pixels = input(0);
  for (int threads : {1, 3}) {
    Opened opened(true, threads);
    std::vector<float> logits(classes), observed_logits(classes);
    Seen seen;
    REQUIRE(effnet_run_observed(opened.model, pixels.data(), observed_logits.data(), see, &seen) ==
            EFFNET_OK);
    CHECK(seen.names == std::vector<std::string>{"map", "gated"});
    const Expected wanted = expected(pixels, WeightsFile());
    for (std::size_t i = 0; i < wanted.map.size(); ++i) {
      CHECK(seen.values[0][i] == Approx(wanted.map[i]).margin(1e-5));
      CHECK(seen.values[1][i] == seen.values[0][i] * areas.gates[i % features]);
    }
    // A run that nobody observes.
    REQUIRE(effnet_run(opened.model, pixels.data(), logits.data()) == EFFNET_OK);
    CHECK(logits == observed_logits);
    CHECK(seen.names.size() == 2);
  }
}

// Without gates, whose product has one place here.
void show_map(effnet_context* context, const effnet_frame* frame) {
  plain_run(context, frame);
  effnet_observe(context, "map", frame->arena, nullptr, nullptr, map_side, map_side, features);
}

TEST_CASE("images of a batch that nobody observes may run at the same time") {
  Opened opened(false, 1);
  for (effnet_variant& variant : opened.program.variants_storage) variant.run = show_map;
  effnet_options options = {};
  options.threads = 2;
  options.spread_images = 1;
  effnet_model* spread = nullptr;
  REQUIRE(effnet_open_program_memory(&opened.program, opened.weights.data(), opened.weights.size(), &options,
                                     &spread) == EFFNET_OK);
  std::vector<float> pixels, logits(std::size_t{4} * classes), wanted(classes);
  for (int i = 0; i < 4; ++i) {
    const std::vector<float> one = input(0);
    pixels.insert(pixels.end(), one.begin(), one.end());
  }
  effnet_outputs outputs = {logits.data(), nullptr, nullptr};
  REQUIRE(effnet_run(opened.model, pixels.data(), wanted.data()) == EFFNET_OK);
  Meeting both(2);
  CHECK(effnet_run_batch(spread, 4, pixels.data(), &outputs) == EFFNET_OK);
  CHECK(both.images() == 2);
  for (std::size_t i = 0; i < logits.size(); ++i) CHECK(logits[i] == wanted[i % wanted.size()]);
  effnet_close(spread);
}

void double_first(void*, const effnet_observed* observed) {
  if (std::string(observed->tensor) == "map") observed->values[0] *= 2;
}

TEST_CASE("a run goes on with what the observer leaves") {
  Opened opened(true, 1);
  areas.gates[0] = 0.25F;
  std::vector<float> logits(classes);
  REQUIRE(effnet_run_observed(opened.model, input(0).data(), logits.data(), double_first, nullptr) ==
          EFFNET_OK);
  CHECK(areas.gated[0] == Approx(0.5 * expected(input(0), WeightsFile()).map[0]).margin(1e-5));
}

TEST_CASE("a library that was not compiled to observe says how to compile one that is") {
  Opened opened(false, 1);
  std::vector<float> logits(classes);
  Seen seen;
  CHECK(effnet_run_observed(opened.model, input(0).data(), logits.data(), see, &seen) ==
        EFFNET_INVALID_ARGUMENT);
  CHECK_THAT(effnet_error(opened.model), Contains("effnetc compile efficientnet_tiny --observe"));
  CHECK(seen.names.empty());
}

TEST_CASE("observing refuses null pointers and closed models") {
  Opened opened(true, 1);
  std::vector<float> logits(classes);
  const std::vector<float> pixels = input(0);
  Seen seen;
  CHECK(effnet_run_observed(nullptr, pixels.data(), logits.data(), see, &seen) == EFFNET_INVALID_ARGUMENT);
  CHECK(effnet_run_observed(opened.model, pixels.data(), logits.data(), nullptr, &seen) ==
        EFFNET_INVALID_ARGUMENT);
  CHECK_THAT(effnet_error(opened.model), Contains("the observer must not be null"));
  CHECK(effnet_run_observed(opened.model, nullptr, logits.data(), see, &seen) == EFFNET_INVALID_ARGUMENT);
  CHECK(effnet_run_observed(opened.model, pixels.data(), nullptr, see, &seen) == EFFNET_INVALID_ARGUMENT);
  CHECK(seen.names.empty());
  CHECK(effnet_run_observed(opened.model, pixels.data(), logits.data(), see, &seen) == EFFNET_OK);
}

}  // namespace
}  // namespace effnet::tiny
