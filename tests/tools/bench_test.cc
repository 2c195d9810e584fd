// Benchmarks are checked for what they report, not for how fast it was.
#include <cmath>
#include <nlohmann/json.hpp>

#include "runtime/include/effnet_program.h"
#include "tests/catch.h"
#include "tests/tools/fake_model.h"
#include "tools/effnet/bench_report.h"

namespace effnet::test {
namespace {

using Catch::Contains;

nlohmann::json bench(const FakeModel& model, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"bench", model.library(), "--json", "--seconds", "0.02"});
  const ProcessResult result = model.effnet(arguments);
  CHECK(result.error.empty());
  REQUIRE(result.status == 0);
  return nlohmann::json::parse(result.out);
}

TEST_CASE("bench reports times, speed, peak and bound that agree with one another") {
  const FakeModel model;
  std::filesystem::remove(model.weights());  // random numbers do
  const auto json = bench(model, {});
  CHECK(json["network"] == "fake_network");
  CHECK(json["target"] == "plain");
  CHECK(json["threads"] == 1);
  CHECK(json["batch"] == 1);
  CHECK(json["weights"] == "random");
  CHECK(json["runs"] >= 5);
  CHECK(json["multiply_adds"] == 192 + 12 + 9);
  CHECK(json["arena_bytes"] >= 320);
  CHECK(json["weights_bytes"] > 320);
  const double median = json["median_ms"];
  CHECK(json["min_ms"] > 0);
  CHECK(json["min_ms"] <= median);
  CHECK(json["p95_ms"] >= median);
  CHECK(json["gflops"].get<double>() == Approx(2 * 213 / median / 1e6));
  const double peak = json["peak_gflops"];
  CHECK(peak > 0.1);
  CHECK(json["peak_fraction"].get<double>() == Approx(json["gflops"].get<double>() / peak));
  CHECK(json["fma_bound_ms"].get<double>() == Approx(2 * 213 / peak / 1e6));
  CHECK(json["activation_bound_ms"] > 0);
  CHECK(json["bound_ms"].get<double>() ==
        Approx(json["fma_bound_ms"].get<double>() + json["activation_bound_ms"].get<double>()));
  CHECK_FALSE(json.contains("round_trip_ns"));
  CHECK_FALSE(json.contains("steps"));
}

TEST_CASE("bench with given weights and two threads") {
  const FakeModel model;
  const auto json = bench(model, {"--weights", model.weights(), "--threads", "2"});
  CHECK(json["threads"] == 2);
  CHECK(json["weights"] == model.weights());
  CHECK(json["peak_gflops_per_thread"].get<double>() == Approx(json["peak_gflops"].get<double>() / 2));
  REQUIRE(json.contains("round_trip_ns"));
  if (!json["round_trip_ns"].is_null()) CHECK(json["round_trip_ns"] > 5);
}

TEST_CASE("bench --batch counts a run's work for every input") {
  const FakeModel model;
  const auto json = bench(model, {"--batch", "3", "--profile"});
  CHECK(json["batch"] == 3);
  CHECK(json["multiply_adds"] == 3 * 213);
  double sum = 0;
  for (const auto& step : json["steps"]) sum += step["multiply_adds"].get<double>();
  CHECK(sum == 3 * 213);
  const ProcessResult text = model.effnet({"bench", model.library(), "--seconds", "0.02", "--batch", "3"});
  CHECK_THAT(text.out, Contains("fake_network 8x8, batch of 3, fp32, target plain"));
}

TEST_CASE(
    "bench --spread-images says so, and is refused where it would do nothing or the steps would not be its "
    "own") {
  const FakeModel model;
  const auto json = bench(model, {"--batch", "4", "--threads", "2", "--spread-images"});
  CHECK(json["spread_images"] == true);
  CHECK(json["arena_bytes"] > bench(model, {"--batch", "4", "--threads", "2"})["arena_bytes"]);
  CHECK(bench(model, {"--batch", "4", "--threads", "2"})["spread_images"] == false);
  const auto text = [&](const std::vector<std::string>& further) {
    std::vector<std::string> arguments = {"bench", model.library(), "--seconds", "0.02", "--spread-images"};
    arguments.insert(arguments.end(), further.begin(), further.end());
    return model.effnet(arguments);
  };
  CHECK_THAT(text({"--batch", "4", "--threads", "2"}).out,
             Contains("batch of 4 spread over the threads, fp32"));
  check_refused(text({"--batch", "3", "--threads", "4"}), {"--spread-images", "--batch", "3 is less than 4"});
  check_refused(text({"--batch", "4", "--threads", "2", "--profile"}), {"--spread-images", "--profile"});
}

TEST_CASE("bench gives no bound where the peak of short products is not measured") {
  BenchResult result;
  result.runs = {1e-3};
  result.multiply_adds = 2e6, result.activations = 1e3;
  result.peak = {4e9, 0, 1e9};
  result.products = ShortProducts::byte_fours;
  result.steps = {{"stem", "stem a", 1e6, 0, 0, 1, 1, 1e-3}};
  CHECK(*summarize(result).bound() == Approx(1.001e-3));
  CHECK_THAT(bench_text(result), Contains("bound    1.001 ms") && !Contains("8 bit fours"));
  result.short_multiply_adds = 1e6;
  result.steps.push_back({"head", "head b", 1e6, 1e6, 0, 1, 1, 1e-3});
  CHECK_FALSE(summarize(result).bound());
  CHECK_THAT(bench_text(result), Contains("8 bit fours is not measured") && !Contains("bound  "));
  const auto json = nlohmann::json::parse(bench_json(result));
  for (const char* key : {"bound_ms", "fma_bound_ms", "peak_fraction", "pair_peak_gflops"})
    CHECK(json[key].is_null());
  CHECK(json["steps"][0]["peak_fraction"] == Approx(0.5));
  CHECK(json["steps"][1]["peak_fraction"].is_null());
  result.peak.short_flops = 8e9;
  CHECK(*summarize(result).multiply_add_bound == Approx(0.75e-3));
  CHECK_THAT(bench_text(result), Contains("8.0 of 8 bit fours, measured meanwhile"));
}

TEST_CASE("bench --last-map measures runs with the map and without, in turns") {
  const FakeModel model;
  const auto json = bench(model, {"--last-map", "--batch", "2"});
  CHECK(json["with_last_map_ms"] > 0);
  CHECK(json["without_last_map_ms"] > 0);
  CHECK_FALSE(bench(model, {}).contains("with_last_map_ms"));
  CHECK_THAT(model.effnet({"bench", model.library(), "--seconds", "0.02", "--last-map"}).out,
             Contains("  last map ") && Contains(" ms without, in turns: "));
}

TEST_CASE("bench --profile measures every step") {
  const FakeModel model;
  const auto json = bench(model, {"--profile"});
  REQUIRE(json["steps"].size() == 3);
  double share = 0, sum = 0;
  for (const auto& step : json["steps"]) {
    CHECK(step["ms"] > 0);
    share += step["share"].get<double>();
    sum += step["ms"].get<double>();
  }
  CHECK(share == Approx(1));
  CHECK(json["steps_ms"].get<double>() == Approx(sum));
  CHECK(sum <= json["profiled_run_ms"]);
  CHECK(json["steps"][0]["name"] == "stem");
  CHECK(json["steps"][0]["tasks"] == 4);
  CHECK(json["steps"][2]["operation"] == "classifier 3 -> 3");
}

TEST_CASE("bench prints what a person wants to know") {
  const FakeModel model;
  const ProcessResult result = model.effnet({"bench", model.library(), "--seconds", "0.02", "--profile"});
  REQUIRE(result.status == 0);
  CHECK_THAT(result.out,
             Contains("fake_network 8x8, fp32, target plain (SSE), 1 thread, random weights") ||
                 Contains("fake_network 8x8, fp32, target plain (NEON), 1 thread, random weights"));
  for (const char* part : {"\n  time     median ", " GFLOP/s, ", "\n  bound    ", "\nstem ", "\nclassifier ",
                           "1 step ", "sum of the steps "})
    CHECK_THAT(result.out, Contains(part));
}

TEST_CASE("bench refuses weights of another network") {
  const FakeModel model;
  const ProcessResult result =
      model.effnet({"bench", model.library(), "--weights", model.text("w", "nothing of the kind")});
  CHECK(result.status == 1);
  CHECK(result.out.empty());
  CHECK_THAT(result.error, Contains("effnet bench: " + model.file("w")));
}

TEST_CASE("the peak of every instruction set that this CPU has is measured") {
#if defined(__aarch64__)
  const InstructionSet basic = InstructionSet::neon;
#else
  const InstructionSet basic = InstructionSet::sse;
#endif
  int measured = 0;
  for (const InstructionSet set : {InstructionSet::sse, InstructionSet::avx, InstructionSet::avx2,
                                   InstructionSet::avx512, InstructionSet::neon}) {
    const Rates rates = measure_rates(set, 2, 0.0005);
    INFO(instruction_set_name(set) << " " << rates.flops << " " << rates.activations);
    if (set == basic) REQUIRE(rates.flops > 0);
    // An activation costs several operations.
    CHECK((rates.flops == 0 ? rates.activations == 0 : rates.flops > 4 * rates.activations));
    measured += rates.flops > 0;
  }
  CHECK(measured >= 1);
}

TEST_CASE("the instruction set follows from a variant's features") {
  CHECK(instruction_set(EFFNET_CPU_SSE41) == InstructionSet::sse);
  CHECK(instruction_set(EFFNET_CPU_SSE41 | EFFNET_CPU_AVX) == InstructionSet::avx);
  CHECK(instruction_set(EFFNET_CPU_AVX | EFFNET_CPU_AVX2 | EFFNET_CPU_FMA) == InstructionSet::avx2);
  CHECK(instruction_set(EFFNET_CPU_AVX2 | EFFNET_CPU_FMA | EFFNET_CPU_AVX512) == InstructionSet::avx512);
  CHECK(instruction_set(EFFNET_CPU_NEON | EFFNET_CPU_ARM_DOT) == InstructionSet::neon);
}

}  // namespace
}  // namespace effnet::test
