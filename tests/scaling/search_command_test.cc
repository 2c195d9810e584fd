// effnetc scale --search on what needs no measuring: golden outputs, files, and what is refused.
#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "models/network.h"
#include "tests/catch.h"
#include "tests/scaling/scale_program.h"

namespace effnet::test {
namespace {

using Catch::Contains;

const std::vector<std::string> small_search = {"--search",    "--step", "0.1",      "--objective", "flops",
                                               "--objective", "params", "--target", "x86-64-v3"};

std::vector<std::string> with(std::vector<std::string> arguments, const std::vector<std::string>& more) {
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

TEST_CASE("a search prints front, published point and series, and writes what is asked for") {
  const TemporaryFolder folder;
  const std::string table = folder.file("grid.csv"), plot = folder.file("grid.svg"),
                    winner = folder.file("w.json");
  const std::string text = must_scale(with(small_search, {"--table", table, "--plot", plot, "-o", winner}));
  CHECK(text == golden_text("search.txt", text));
  CHECK(read_file(table) == golden_text("search.csv", read_file(table)));
  CHECK_THAT(read_file(plot), Catch::StartsWith("<svg") && Contains("winner"));
  const Result<NetworkConfig> config = find_network(winner);
  REQUIRE(config);
  CHECK(config->name == "w");
  const nlohmann::json json = nlohmann::json::parse(must_scale(with(small_search, {"--json"})));
  CHECK(json["winner"]["gamma"].get<double>() >= 1);
  CHECK(json["series"].size() == 7);
}

TEST_CASE("an objective may come from a command") {
  const TemporaryFolder folder;
  const std::string score = folder.file("score.sh");
  write_file(score,
             "#!/bin/sh\necho training... >&2\nsed -n 's/.*\"width\": \\([0-9.]*\\).*/\\1/p' \"$1\"\n");
  const std::vector<std::string> search = {
      "--search",   "--step", "0.1",         "--objective",        "command:sh " + score,
      "--last-phi", "0",      "--cache-dir", folder.file("cache"), "--json"};
  const nlohmann::json json = nlohmann::json::parse(must_scale(search));
  double widest = 0;
  for (const nlohmann::json& candidate : json["candidates"])
    widest = std::max(widest, candidate["width"].get<double>());
  CHECK(json["winner"]["beta"].get<double>() == Approx(widest));
  // A second time the script is not needed.
  std::filesystem::remove(score);
  CHECK(nlohmann::json::parse(must_scale(search)) == json);
}

TEST_CASE("several commands are several objectives, each with its values") {
  const TemporaryFolder folder;
  const nlohmann::json json = nlohmann::json::parse(must_scale(
      {"--search", "--step", "0.1", "--objective", "command:echo 1 #", "--objective", "command:echo 2 #",
       "--last-phi", "0", "--cache-dir", folder.file("cache"), "--table", folder.file("t.csv"), "--json"}));
  CHECK(json["objectives"][1]["name"] == "command2");
  CHECK(json["objectives"][1]["command"] == "echo 2 #");
  CHECK(json["candidates"][0]["values"] == nlohmann::json({{"command", 1.0}, {"command2", 2.0}}));
  CHECK_THAT(read_file(folder.file("t.csv")), Contains(",command,command2,front"));
}

TEST_CASE("a cache that cannot be written takes a line, the search goes on") {
  const TemporaryFolder cache;
  write_file(cache.file("scaling"), "a file, no folder");
  const ProcessResult result = scale({"--search", "--step", "0.1", "--objective", "command:echo 1 #",
                                      "--last-phi", "0", "--cache-dir", cache.path().string(), "--json"});
  CHECK(result.status == 0);
  CHECK(std::count(result.error.begin(), result.error.end(), '\n') == 1);
  CHECK_THAT(result.error, Contains(cache.file("scaling")) && Contains("the next search begins anew"));
  CHECK(nlohmann::json::parse(result.out)["candidates"].size() > 1);
}

TEST_CASE("commands that fail, print nonsense or hang end the search with one line, and no file appears") {
  const TemporaryFolder folder, cache;
  const auto refused = [&](const std::string& command, const std::vector<std::string>& parts) {
    check_refused(scale({"--search", "--step", "0.25", "--objective", "command:" + command,
                         "--command-seconds", "0.5", "--cache-dir", cache.path().string(), "--table",
                         folder.file("t.csv"), "--plot", folder.file("t.svg"), "-o", folder.file("t.json")}),
                  parts);
    CHECK(std::filesystem::is_empty(folder.path()));
  };
  refused("false", {"status 1", "'false'"});
  refused("/nonexistent/train", {"status 127"});
  refused("echo much better #", {"'much better'", "number"});
  refused("echo nan #", {"'nan'", "finite"});
  refused("printf '\\033[1m1' #", {"number"});
  refused("true", {"printed nothing"});
  refused("sleep 60 #", {"0.5 s", "--command-seconds"});
}

TEST_CASE("a search that cannot be made is refused in one line") {
  const auto refused = [](const std::vector<std::string>& arguments, const std::vector<std::string>& parts) {
    check_refused(scale(with({"--search"}, arguments)), parts);
  };
  refused({"--step", "0.7", "--tolerance", "0.01"}, {"no point", "smaller step"});
  refused({"--step", "0"}, {"step is 0"});
  refused({"--step", "nan"}, {"step is nan"});
  refused({"--step", "0.01", "--tolerance", "1"}, {"more than 10000 points"});
  refused({"--cost", "0.5"}, {"cost is 0.5"});
  refused({"--cost", "nan"}, {"cost is nan"});
  refused({"--cost", "1e9"}, {"cost"});
  refused({"--tolerance", "-1"}, {"tolerance is -1"});
  refused({"--objective", "latancy"}, {"'latancy'", "did you mean latency"});
  refused({"--objective", "flops", "--objective", "flops"}, {"'flops'", "twice"});
  refused({"--objective", "command:true", "--objective", "command:true"}, {"'command:true'", "twice"});
  refused({"--objective", "command:"}, {"command"});
  refused({"--phi", "2"}, {"--phi"});
  refused({"--last-phi", "-1"}, {"--last-phi"});
  refused({"--rounds", "0"}, {"--rounds"});
  refused({"--seconds", "0"}, {"--seconds"});
  refused({"--table", "grid.txt"}, {"--table", ".csv"});
  refused({"--plot", "grid.png"}, {"--plot", ".svg"});
  refused({"--table", "/nonexistent/grid.csv"}, {"/nonexistent/grid.csv"});
  refused({"--plot", "/proc/grid.svg"}, {"/proc/grid.svg"});
  refused({"-o", "/nonexistent/x.json"}, {"/nonexistent/x.json"});
  refused({"--base", "/nonexistent/x.json"}, {"/nonexistent/x.json"});
  refused({"--cost", "15", "--tolerance", "0.1", "--step", "7", "--base", "efficientnet_b7"}, {"too large"});
}

TEST_CASE("a predicted latency needs rows") {
  const TemporaryFolder empty;
  check_refused(scale({"--search", "--objective", "predicted", "--target", "arm-64", "--schedules",
                       empty.path().string()}),
                {"no schedule row for arm-64", "effnetc tune"});
}

TEST_CASE("a latency cannot be measured for a CPU that is not here") {
  check_refused(scale({"--search", "--objective", "latency", "--target", "arm-64"}),
                {"arm-64", "cannot be measured"});
}

}  // namespace
}  // namespace effnet::test
