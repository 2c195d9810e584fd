// Values of a network, and scores that commands print.
#include "scaling/evaluate.h"

#include "scaling/memory.h"
#include "tests/catch.h"
#include "tests/support/temporary.h"

namespace effnet {
namespace {

using Catch::Contains;

Evaluator evaluator(const test::TemporaryFolder& cache, double command_seconds = 60,
                    std::function<void(const Status&)> not_kept = {}) {
  EvaluationOptions options;
  options.latency.baseline = *find_network("efficientnet_b0");
  options.latency.target = *find_target("x86-64-v3");
  options.cache_dir = cache.path().string();
  options.command_seconds = command_seconds;
  options.not_kept = std::move(not_kept);
  Result<Evaluator> made = Evaluator::create(options);
  REQUIRE(made);
  return *std::move(made);
}

double value(Evaluator& evaluator, const std::string& objective) {
  const Result<double> result =
      evaluator.value(*parse_objective(objective), *find_network("efficientnet_b0"));
  INFO((result ? "" : result.message()));
  REQUIRE(result);
  return *result;
}

std::string failure(Evaluator& evaluator, const std::string& objective) {
  const Result<double> result =
      evaluator.value(*parse_objective(objective), *find_network("efficientnet_b0"));
  REQUIRE_FALSE(result);
  return result.message();
}

TEST_CASE("multiply-adds, parameters and arena are those that describe prints") {
  const test::TemporaryFolder cache;
  Evaluator all = evaluator(cache);
  CHECK(value(all, "params") == 5288548);
  CHECK(value(all, "flops") == Approx(0.3858e9).epsilon(1e-3));
  CHECK(value(all, "arena") > 2e6);
  CHECK(value(all, "arena") < 4e6);
  CHECK(value(all, "predicted") > 1);
}

TEST_CASE("a score is the number in the last line") {
  for (const auto& [text, score] :
       std::vector<std::pair<std::string, double>>{{"0.771\n", 0.771},
                                                   {"epoch 1\nepoch 2\n77.1\n\n", 77.1},
                                                   {" -3e2 \r\n", -300},
                                                   {"+5", 5},
                                                   {"0", 0}}) {
    INFO(text);
    REQUIRE(parse_score(text));
    CHECK(*parse_score(text) == score);
  }
  for (const char* text :
       {"", "\n", "accuracy 0.7", "0.7 0.8", "nan", "inf", "1e999", "0x10", "--3", "0,5", "7\nend"}) {
    INFO(text);
    CHECK_FALSE(parse_score(text));
  }
}

TEST_CASE("a command gets the network file, and is asked once for each network") {
  const test::TemporaryFolder cache, folder;
  Evaluator all = evaluator(cache);
  const std::string counter = folder.file("counter");
  const std::string command =
      "command:grep -q '\"resolution\": 224' {} && echo x >> " + counter + " && echo 0.5 #";
  CHECK(value(all, command) == 0.5);
  CHECK(value(all, command) == 0.5);
  Evaluator later = evaluator(cache);
  CHECK(value(later, command) == 0.5);
  CHECK(test::read_file(counter) == "x\n");
  CHECK(*later.is_quick(*parse_objective(command), *find_network("efficientnet_b0")));
  CHECK_FALSE(*later.is_quick(*parse_objective(command), *find_network("efficientnet_b1")));
  CHECK_FALSE(*later.is_quick(*parse_objective("command:true"), *find_network("efficientnet_b0")));
}

TEST_CASE("a value that cannot be kept is not lost, and that is said once") {
  const test::TemporaryFolder cache;
  test::write_file(cache.file("scaling"), "a file, no folder");
  std::vector<std::string> said;
  Evaluator all = evaluator(cache, 60, [&said](const Status& status) { said.push_back(status.message()); });
  CHECK(value(all, "command:echo 0.5 #") == 0.5);
  CHECK(value(all, "command:echo 0.6 #") == 0.6);
  REQUIRE(said.size() == 1);
  CHECK_THAT(said.front(), Contains(cache.file("scaling")));
}

TEST_CASE("what a command does wrong is said in one line, and nothing is kept") {
  const test::TemporaryFolder cache;
  Evaluator all = evaluator(cache, 0.3);
  CHECK_THAT(failure(all, "command:echo lots of nonsense #"), Contains("nonsense") && Contains("number"));
  CHECK_THAT(failure(all, "command:true #"), Contains("printed nothing"));
  CHECK_THAT(failure(all, "command:echo 1; echo no data >&2; exit 3 #"),
             Contains("status 3") && Contains("no data"));
  CHECK_THAT(failure(all, "command:/nonexistent/program"), Contains("status 127"));
  CHECK_THAT(failure(all, "command:sleep 60 #"), Contains("0.3 s") && Contains("--command-seconds"));
  CHECK_THAT(failure(all, "command:kill -9 $$ #"), Contains("137"));
  CHECK_FALSE(*all.is_quick(*parse_objective("command:true #"), *find_network("efficientnet_b0")));
}

TEST_CASE("a phi that is too large says which one would not be") {
  const CpuTarget target = *find_target("x86-64-v3");
  const NetworkConfig b0 = *find_network("efficientnet_b0");
  const auto scaled = [&](double phi) { return scale_for(target, b0, {1.2, 1.1, 1.15, phi}, "x"); };
  const Result<ScaledNetwork> refused = scaled(40);
  REQUIRE_FALSE(refused);
  double largest = 0;
  REQUIRE(std::sscanf(refused.message().c_str(),
                      "phi 40 is too large, with these factors it can be at most %lf", &largest) == 1);
  CHECK(largest > 8);
  CHECK(scaled(largest));
  CHECK_FALSE(scaled(largest + 0.1));
  CHECK_THAT(scale_for(target, b0, {0.5, 1.1, 1.15, 2}, "x").message(),
             Contains("alpha") && !Contains("phi"));
  CHECK_THAT(scale_for(target, b0, {1.2, 1.1, 1.15, 2}, "not a name").message(), !Contains("phi"));
}

TEST_CASE("memory is the arena and the weights") {
  const Result<ScaledNetwork> b0 =
      scale_for(*find_target("x86-64-v3"), *find_network("efficientnet_b0"), {1.2, 1.1, 1.15, 0}, "b0");
  REQUIRE(b0);
  const MemoryNeed need = memory_need(b0->plan, 2);
  CHECK(need.weights >= 4 * 5288548 - 4 * 100000);  // without BatchNorm's scales, with panels filled up
  CHECK(need.weights < 23'000'000);
  CHECK(need.arena == b0->plan.activation_bytes + 2 * b0->plan.scratch_bytes);
  CHECK(machine_memory() > 100'000'000);
}

}  // namespace
}  // namespace effnet
