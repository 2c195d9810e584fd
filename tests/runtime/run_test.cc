#include <atomic>
#include <cstring>
#include <thread>

#include "tests/catch.h"
#include "tests/runtime/tiny_program.h"

namespace effnet::tiny {
namespace {

struct Opened {
  Program program;
  AlignedBytes weights{WeightsFile().bytes()};
  effnet_model* model = nullptr;

  explicit Opened(effnet_options options = {}) {
    char text[256] = "";
    options.error = text;
    options.error_bytes = sizeof text;
    effnet_open_program_memory(&program, weights.data(), weights.size(), &options, &model);
    INFO(text);
    REQUIRE(model != nullptr);
  }
  Opened(const Opened&) = delete;
  ~Opened() { effnet_close(model); }
};

struct Result {
  std::vector<float> logits, features, map;
  bool operator==(const Result&) const = default;
};

Result run_batch(effnet_model* model, int count) {
  auto n = static_cast<std::size_t>(count);
  std::vector<float> inputs;
  for (int i = 0; i < count; ++i) {
    std::vector<float> one = input(i);
    inputs.insert(inputs.end(), one.begin(), one.end());
  }
  Result out;
  out.logits.resize(n * static_cast<std::size_t>(effnet_get_info(model)->classes));
  out.features.resize(n * features);
  out.map.resize(n * map_side * map_side * features);
  effnet_outputs outputs = {out.logits.data(), out.features.data(), out.map.data()};
  REQUIRE(effnet_run_batch(model, count, inputs.data(), &outputs) == EFFNET_OK);
  return out;
}

void check_near(const std::vector<float>& got, std::size_t offset, const std::vector<double>& wanted) {
  REQUIRE(got.size() >= offset + wanted.size());
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    INFO("value " << i);
    CHECK(got[offset + i] == Approx(wanted[i]).margin(1e-5));
  }
}

thread_local char large[300 * 1024];  // more than the stack that the runtime asks for

TEST_CASE("threads start in a program with large thread-local variables") {
  large[0] = 1;
  effnet_options options = {};
  options.threads = 3;
  Opened opened(options);
  CHECK(run_batch(opened.model, 2) == run_batch(Opened().model, 2));
}

TEST_CASE("a run gives the logits of the plain computation") {
  Opened opened;
  std::vector<float> logits(classes);
  std::vector<float> pixels = input(0);
  REQUIRE(effnet_run(opened.model, pixels.data(), logits.data()) == EFFNET_OK);
  check_near(logits, 0, expected(pixels, WeightsFile()).logits);
}

TEST_CASE("a batch gives each image's logits, features and last map without padding") {
  Opened opened;
  for (int count : {0, 1, 3, 8}) {
    Result got = run_batch(opened.model, count);
    for (int i = 0; i < count; ++i) {
      Expected wanted = expected(input(i), WeightsFile());
      auto image = static_cast<std::size_t>(i);
      check_near(got.logits, image * classes, wanted.logits);
      check_near(got.features, image * features, wanted.features);
      check_near(got.map, image * wanted.map.size(), wanted.map);
    }
  }
}

TEST_CASE("outputs that are not wanted may be null") {
  Opened opened;
  std::vector<float> pixels = input(0), values(features);
  effnet_outputs only_features = {nullptr, values.data(), nullptr}, none = {};
  REQUIRE(effnet_run_batch(opened.model, 1, pixels.data(), &only_features) == EFFNET_OK);
  check_near(values, 0, expected(pixels, WeightsFile()).features);
  REQUIRE(effnet_run_batch(opened.model, 1, pixels.data(), &none) == EFFNET_OK);
}

TEST_CASE("any number of threads gives the same bits") {
  Opened one;
  Result wanted = run_batch(one.model, 8);
  for (int threads : {2, 5}) {
    effnet_options options = {};
    options.threads = threads;
    Opened many(options);
    CHECK(effnet_get_info(many.model)->threads == threads);
    for (int i = 0; i < 200; ++i) REQUIRE(run_batch(many.model, 8) == wanted);
  }
}

effnet_options spread_over(int threads) {
  effnet_options options = {};
  options.threads = threads;
  options.spread_images = 1;
  return options;
}

TEST_CASE("a batch spread over the threads gives the same bits, whatever is left over") {
  Opened one;
  for (int threads : {2, 3}) {
    Opened spread(spread_over(threads));
    for (int count = 0; count <= 8; ++count) {
      Result wanted = run_batch(one.model, count);
      for (int i = 0; i < 25; ++i) REQUIRE(run_batch(spread.model, count) == wanted);
    }
  }
}

TEST_CASE("images of a spread batch run at the same time, each on one thread") {
  Opened one;
  Result wanted = run_batch(one.model, 4);
  Opened spread(spread_over(4));
  {
    Meeting four(4);
    CHECK(run_batch(spread.model, 4) == wanted);
    CHECK(four.images() == 4);
  }
  effnet_options options = {};
  options.threads = 4;
  Opened many(options);
  for (const auto& [model, count] : {std::pair(many.model, 4), std::pair(spread.model, 3)}) {
    INFO(count << " images");  // fewer than threads: all of them work on each
    Meeting four(4);
    CHECK(run_batch(model, count).logits.size() == static_cast<std::size_t>(count) * classes);
    CHECK(four.tasks() == 4);
    CHECK(four.images() == 1);
  }
}

TEST_CASE("threads that went to sleep between runs wake up for the next") {
  effnet_options options = {};
  options.threads = 3;
  Opened opened(options);
  Result wanted = run_batch(opened.model, 1);
  for (int i = 0; i < 20; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    REQUIRE(run_batch(opened.model, 1) == wanted);
  }
}

TEST_CASE("long tasks run on all threads at once, each with its own scratch, while the caller may sleep") {
  Opened one;
  Result wanted = run_batch(one.model, 8);
  task_microseconds = 20'000;
  for (int threads : {2, 5}) {
    effnet_options options = {};
    options.threads = threads;
    Opened many(options);
    Meeting all(threads);
    std::vector<float> pixels = input(0), logits(classes);
    REQUIRE(effnet_run(many.model, pixels.data(), logits.data()) == EFFNET_OK);
    CHECK(all.tasks() == threads);
  }
  task_microseconds = 200;  // beyond the time of spinning
  for (int threads : {2, 3, 5}) {
    effnet_options options = {};
    options.threads = threads;
    Opened many(options);
    for (int i = 0; i < 5; ++i) CHECK(run_batch(many.model, 8) == wanted);
  }
  task_microseconds = 0;
}

// An application's parallel-for: new threads every time, tasks from the last to the first.
void backwards(void* context, int count, effnet_task task, void* closure) {
  auto& calls = *static_cast<std::atomic<int>*>(context);
  ++calls;
  std::atomic<int> next{count};
  auto work = [&](int worker) {
    for (int i = --next; i >= 0; i = --next) task(closure, i, worker);
  };
  std::thread other(work, 1);
  work(0);
  other.join();
}

TEST_CASE("the application's own parallel-for runs the tasks") {
  Opened plain;
  std::atomic<int> calls{0};
  effnet_options options = {};
  options.threads = 2;
  options.parallel_for = backwards;
  options.parallel_for_context = &calls;
  Opened opened(options);
  CHECK(run_batch(opened.model, 3) == run_batch(plain.model, 3));
  CHECK(calls == 3 * 2);  // two steps of three have more than one task
}

TEST_CASE("the application's own parallel-for runs the images of a spread batch") {
  Opened plain;
  std::atomic<int> calls{0};
  effnet_options options = spread_over(2);
  options.parallel_for = backwards;
  options.parallel_for_context = &calls;
  Opened opened(options);
  CHECK(run_batch(opened.model, 4) == run_batch(plain.model, 4));
  CHECK(calls == 1);
}

TEST_CASE("steps of a spread batch are profiled with the threads to themselves") {
  std::atomic<int> calls{0};
  effnet_options options = spread_over(2);
  options.parallel_for = backwards;
  options.parallel_for_context = &calls;
  Opened opened(options);
  effnet_profile_start(opened.model);
  run_batch(opened.model, 4);
  effnet_profile_stop(opened.model);
  CHECK(calls == 4 * 2);  // of the steps of every image, not of the images
  CHECK(effnet_get_profile(opened.model)[0].seconds > 0);
}

TEST_CASE("a parallel-for that forgets images of a spread batch is reported") {
  effnet_options options = spread_over(2);
  options.parallel_for = [](void*, int count, effnet_task task, void* closure) {
    for (int i = 1; i < count; ++i) task(closure, i, 0);
  };
  Opened opened(options);
  std::vector<float> pixels(4 * input(0).size()), logits(std::size_t{4} * classes);
  effnet_outputs outputs = {logits.data(), nullptr, nullptr};
  CHECK(effnet_run_batch(opened.model, 4, pixels.data(), &outputs) == EFFNET_INVALID_ARGUMENT);
  CHECK_THAT(effnet_error(opened.model), Catch::Contains("parallel_for") && Catch::Contains("0 to 1"));
}

TEST_CASE("a parallel-for that passes impossible workers or forgets tasks is reported") {
  std::vector<float> pixels = input(0), logits(classes);
  effnet_options options = {};
  options.threads = 2;
  SECTION("worker") {
    options.parallel_for = [](void*, int count, effnet_task task, void* closure) {
      for (int i = 0; i < count; ++i) task(closure, i, 2);
    };
  }
  SECTION("task") {
    options.parallel_for = [](void*, int count, effnet_task task, void* closure) {
      for (int i = 0; i <= count; ++i) task(closure, i, 0);
    };
  }
  SECTION("forgotten") {
    options.parallel_for = [](void*, int count, effnet_task task, void* closure) {
      for (int i = 1; i < count; ++i) task(closure, i, 0);
    };
  }
  Opened opened(options);
  CHECK(effnet_run(opened.model, pixels.data(), logits.data()) == EFFNET_INVALID_ARGUMENT);
  CHECK_THAT(effnet_error(opened.model), Catch::Contains("parallel_for") && Catch::Contains("0 to 1"));
}

TEST_CASE("many models run at the same time in many threads") {
  Opened reference;
  Result wanted = run_batch(reference.model, 4);
  std::atomic<int> right{0};
  std::vector<std::thread> threads;
  std::vector<std::unique_ptr<Opened>> models;
  for (int i = 0; i < 8; ++i) {
    effnet_options options = {};
    options.threads = 1 + i % 3;
    models.push_back(std::make_unique<Opened>(options));
  }
  std::vector<float> inputs;
  for (int i = 0; i < 4; ++i) {
    std::vector<float> one = input(i);
    inputs.insert(inputs.end(), one.begin(), one.end());
  }
  for (auto& opened : models) {
    threads.emplace_back([&, model = opened->model] {
      for (int i = 0; i < 50; ++i) {
        std::vector<float> logits(wanted.logits.size());
        effnet_outputs outputs = {logits.data(), nullptr, nullptr};
        right += effnet_run_batch(model, 4, inputs.data(), &outputs) == EFFNET_OK && logits == wanted.logits;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(right == 8 * 50);
}

TEST_CASE("the profile sums every step's time from start to stop") {
  Opened opened;
  effnet_profile_start(opened.model);
  for (int i = 0; i < 10; ++i) run_batch(opened.model, 8);
  effnet_profile_stop(opened.model);
  const effnet_step_profile* profile = effnet_get_profile(opened.model);
  REQUIRE(effnet_get_info(opened.model)->steps == 3);
  CHECK(std::string(profile[0].name) == "stem");
  CHECK(std::string(profile[2].operation) == "classifier 20 -> 3");
  CHECK(profile[0].multiply_adds == 240);
  CHECK(profile[0].tasks == 8);
  double first = profile[0].seconds;
  CHECK(first > 0);
  run_batch(opened.model, 1);
  CHECK(profile[0].seconds == first);
  effnet_profile_start(opened.model);
  CHECK(profile[0].seconds == 0);
}

TEST_CASE("softmax gives probabilities, in place too, without overflow") {
  float logits[4] = {1000, 1001, 999, -1e30F};
  effnet_softmax(logits, 4, logits);
  CHECK(logits[0] == Approx(0.24472847).epsilon(1e-6));
  CHECK(logits[1] == Approx(0.66524096).epsilon(1e-6));
  CHECK(logits[2] == Approx(0.09003057).epsilon(1e-6));
  CHECK(logits[3] == 0);
  effnet_softmax(nullptr, 4, logits);
  effnet_softmax(logits, 0, logits);
  CHECK(logits[3] == 0);
}

}  // namespace
}  // namespace effnet::tiny
