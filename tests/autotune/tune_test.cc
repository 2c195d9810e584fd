// `effnetc tune` as a user runs it, on one step of a tiny network: from candidates to rows, with candidates
// that hang, crash, err and eat memory, and killed again and again.
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <random>
#include <regex>
#include <set>
#include <sstream>
#include <thread>

#include "base/files.h"
#include "base/process.h"
#include "tests/catch.h"
#include "tests/support/process.h"
#include "tests/support/refused.h"
#include "tests/support/temporary.h"

extern char** environ;

namespace effnet::test {

namespace {

const std::string network =
    R"({"name": "tiny", "family": "efficientnet", "width": 1, "depth": 1, "resolution": 32, "classes": 10,
        "padding": "symmetric", "batch_norm_epsilon": 0.001})";

std::vector<std::string> command(const TemporaryFolder& folder, const std::vector<std::string>& more,
                                 const std::string& step = "blocks.12.project") {
  write_file(folder.path() / "tiny.json", network);
  std::vector<std::string> words = {EFFNETC,
                                    "tune",
                                    folder.file("tiny.json"),
                                    "--step",
                                    step,
                                    "--log",
                                    folder.file("tuning.log"),
                                    "--schedules",
                                    folder.file("rows"),
                                    "--cache-dir",
                                    EFFNET_BINARY_DIR "/tests/kernels"};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

int measured_in(const std::string& path) {
  sqlite3* database = nullptr;
  int count = -1;
  if (sqlite3_open(path.c_str(), &database) == SQLITE_OK)
    sqlite3_exec(
        database, "SELECT count(*) FROM candidates WHERE outcome = 'measured'",
        [](void* to, int, char** values, char**) {
          *static_cast<int*>(to) = std::atoi(values[0]);
          return 0;
        },
        &count, nullptr);
  sqlite3_close(database);
  return count;
}

TEST_CASE("a step is tuned, logged and written, and a second run resumes") {
  const TemporaryFolder folder;
  const ProcessResult first = run_program(command(
      folder, {"--budget", "10m", "--candidates", "20", "--json", "--report", folder.file("r.html")}));
  INFO(first.error);
  REQUIRE(first.status == 0);
  const auto json = nlohmann::json::parse(first.out);
  REQUIRE(json["steps"].size() == 1);
  CHECK(json["steps"][0]["default_us"] > 0);
  CHECK(json["steps"][0]["resumed"] == 0);
  CHECK(json["failed"].empty());
  // Also the default gets a row when nothing beat it.
  CHECK(json["rows"] == 1);
  CHECK(std::filesystem::exists(folder.file("rows")));
  CHECK(json["steps"][0]["candidates"] == 20);
  const auto page = effnet::read_file(folder.file("r.html"), 1 << 20);
  REQUIRE(page);
  CHECK(page->find("<svg") != std::string::npos);
  CHECK(page->find("<script") == std::string::npos);

  const int known = measured_in(folder.file("tuning.log"));
  CHECK(known == 20);
  const ProcessResult second = run_program(command(folder, {"--budget", "1s"}));
  INFO(second.error);
  CHECK(second.status == 0);
  CHECK(second.error.find("resuming from " + folder.file("tuning.log") + ": " + std::to_string(known) +
                          " candidates") != std::string::npos);
}

// With tiles of one vector.
std::string slow_rows(std::string rows) {
  rows = std::regex_replace(rows, std::regex("tile_(panels|pixels)=[0-9]+"), "tile_$1=1");
  return std::regex_replace(rows, std::regex("halves=1"), "halves=0");
}
std::string of_another_cpu(const std::string& rows) {
  return std::regex_replace(rows, std::regex("cpu=\"[^\"]*\""), "cpu=\"another one\"");
}

std::string path_of_rows(const TemporaryFolder& folder) {
  return std::filesystem::directory_iterator(folder.file("rows"))->path().string() + "/project.rows";
}

TEST_CASE("a row that nothing met when the time is over stays") {
  const TemporaryFolder folder;
  REQUIRE(run_program(command(folder, {"--candidates", "2"}, "blocks.2.project")).status == 0);
  const std::string path = path_of_rows(folder);
  const std::string rows = of_another_cpu(slow_rows(*effnet::read_file(path, 1 << 20)));
  write_file(path, rows);
  // The log has two candidates of this step; building the default alone takes longer.
  const ProcessResult tuned = run_program(command(folder, {"--budget", "0.01s"}, "blocks.2.project"));
  INFO(tuned.error);
  CHECK(tuned.status == 0);
  CHECK(tuned.error.find("resuming from") != std::string::npos);
  CHECK(*effnet::read_file(path, 1 << 20) == rows);
}

TEST_CASE("known rows that are slower than the defaults are replaced before anything is searched") {
  const TemporaryFolder folder;
  const auto tune_anew = [&](const std::string& step, const std::vector<std::string>& more) {
    std::filesystem::remove(folder.file("tuning.log"));
    const ProcessResult tuned = run_program(command(folder, more, step));
    INFO(tuned.error);
    REQUIRE(tuned.status == 0);
    return tuned.out;
  };
  tune_anew("blocks.2.project", {"--candidates", "2"});
  tune_anew("blocks.4.project", {"--candidates", "2"});
  const std::string path = path_of_rows(folder);
  std::string rows = slow_rows(*effnet::read_file(path, 1 << 20));
  write_file(path, of_another_cpu(rows));

  // Two defaults and two rows: nothing is left for a search.
  const auto json = nlohmann::json::parse(
      tune_anew("blocks.2.project", {"--step", "blocks.4.project", "--candidates", "4", "--json"}));
  REQUIRE(json["steps"].size() == 2);
  for (const auto& step : json["steps"]) {
    CHECK(step["candidates"] == 2);
    CHECK(step["gain"] == 0);
  }
  rows = *effnet::read_file(path, 1 << 20);
  CHECK(rows.find("another one") == std::string::npos);
  CHECK(std::count(rows.begin(), rows.end(), '\n') == 2);

  // The rows are the defaults now: measured here, they are of this CPU, whoever wrote them.
  write_file(path, of_another_cpu(rows));
  tune_anew("blocks.2.project", {"--step", "blocks.4.project", "--candidates", "2"});
  rows = *effnet::read_file(path, 1 << 20);
  const std::string here = "cpu=\"" + effnet::cpu_model() + "\"";
  CHECK(rows.find(here) != std::string::npos);
  CHECK(rows.find(here) != rows.rfind(here));
}

TEST_CASE("a step without axes is measured and gets no row") {
  const TemporaryFolder folder;
  const ProcessResult tuned =
      run_program(command(folder, {"--budget", "10s", "--json"}, "blocks.12.squeeze_excite"));
  INFO(tuned.error);
  REQUIRE(tuned.status == 0);
  const auto json = nlohmann::json::parse(tuned.out);
  REQUIRE(json["steps"].size() == 1);
  CHECK(json["steps"][0]["default_us"] > 0);
  CHECK(json["rows"] == 0);
}

TEST_CASE("int8 candidates with half panels, gates and a residual give what the reference says") {
  const TemporaryFolder folder;
  const ProcessResult tuned = run_program(
      command(folder, {"--precision", "int8", "--target", "x86-64-v2", "--candidates", "6", "--json"},
              "blocks.2.project"));
  INFO(tuned.error);
  REQUIRE(tuned.status == 0);
  const auto json = nlohmann::json::parse(tuned.out);
  CHECK(json["failed"].empty());
  REQUIRE(json["steps"].size() == 1);
  CHECK(json["steps"][0]["default_us"] > 0);
}

TEST_CASE("of several networks a step's line names its network, once for every gain") {
  const TemporaryFolder folder;
  std::string other = network;
  other.replace(other.find("tiny"), 4, "wide");
  other.replace(other.find("32"), 2, "64");
  write_file(folder.path() / "wide.json", other);
  const ProcessResult tuned = run_program(
      command(folder, {folder.file("wide.json"), "--budget", "10m", "--candidates", "24", "--json"}));
  INFO(tuned.error);
  REQUIRE(tuned.status == 0);
  for (const auto& step : nlohmann::json::parse(tuned.out)["steps"])
    CHECK((step["network"] == "tiny" || step["network"] == "wide"));
  std::set<std::string> told;
  std::istringstream lines(tuned.error);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t time = line.find(" s: "), total = line.find("; ");
    if (time == std::string::npos || total == std::string::npos) continue;
    const std::string news = line.substr(time + 4, total - time - 4);
    CHECK((news.starts_with("tiny blocks.12.project ") || news.starts_with("wide blocks.12.project ")));
    CHECK(told.insert(news).second);
  }
}

// A C compiler whose third program and those after it are not what they should be.
std::string bad_compiler(const TemporaryFolder& folder) {
  const std::string path = folder.file("cc");
  write_file(path, R"sh(#!/bin/sh
for last; do :; done
cc "$@" || exit 1
become() { mv "$last" "$last.real"; printf '#!/bin/sh\n%s\n' "$1" > "$last"; chmod +x "$last"; }
case "$last" in
  c2) become 'exec sleep 1000' ;;
  c3) become 'kill -SEGV $$' ;;
  c4) become "'$PWD/c4.real' | sed 's/^hash .*/hash 0123456789abcdef/'" ;;
  c5) become 'exec python3 -c "bytearray(64 << 30)"' ;;
  c6) echo 'error: no' >&2; exit 1 ;;
esac
)sh");
  chmod(path.c_str(), 0755);
  return path;
}

TEST_CASE("hanging, crashing, wrong and memory-eating candidates are survived and named") {
  const TemporaryFolder folder;
  const ProcessResult result =
      run_program(command(folder, {"--budget", "10m", "--candidates", "12", "--candidate-seconds", "1",
                                   "--cc", bad_compiler(folder), "--json"}));
  INFO(result.error);
  REQUIRE(result.status == 0);
  const auto json = nlohmann::json::parse(result.out);
  std::multiset<std::string> outcomes;
  for (const auto& failed : json["failed"]) outcomes.insert(failed["outcome"].get<std::string>());
  CHECK(outcomes ==
        std::multiset<std::string>{"crash", "hang", "not compiled", "out of memory", "wrong result"});
  for (const std::string& outcome : outcomes) CHECK(result.error.find(outcome) != std::string::npos);
  CHECK(json["steps"][0]["candidates"] == 12);
}

// Starts it, lets it live for `milliseconds`, and kills it.
void start_and_kill(const std::vector<std::string>& words, int milliseconds) {
  std::vector<char*> argv;
  for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t quiet;
  posix_spawn_file_actions_init(&quiet);
  posix_spawn_file_actions_addopen(&quiet, 1, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&quiet, 2, "/dev/null", O_WRONLY, 0);
  pid_t child = 0;
  REQUIRE(posix_spawn(&child, argv[0], &quiet, nullptr, argv.data(), environ) == 0);
  posix_spawn_file_actions_destroy(&quiet);
  std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
}

TEST_CASE("killed 20 times at random moments, the tuner keeps what it measured") {
  const TemporaryFolder folder;
  const TemporaryFolder workspaces;  // those of killed tuners stay behind
  setenv("TMPDIR", workspaces.path().c_str(), 1);
  std::mt19937 random(5);
  int before = 0;
  for (int i = 0; i < 20; ++i) {
    start_and_kill(command(folder, {"--budget", "1h"}), 100 + static_cast<int>(random() % 1500));
    if (!std::filesystem::exists(folder.file("tuning.log"))) continue;
    const int now = measured_in(folder.file("tuning.log"));
    CHECK(now >= before);
    before = std::max(before, now);
  }
  const ProcessResult last = run_program(command(folder, {"--budget", "3s", "--json"}));
  unsetenv("TMPDIR");
  INFO(last.error);
  REQUIRE(last.status == 0);
  if (before > 0)
    CHECK(last.error.find(": " + std::to_string(before) + " candidates of 1 steps") != std::string::npos);
  CHECK(nlohmann::json::parse(last.out)["steps"][0]["candidates"] >= before);
}

TEST_CASE("wrong arguments get one line") {
  const TemporaryFolder folder;
  for (const auto& [arguments, text] : std::vector<std::pair<std::vector<std::string>, std::string>>{
           {{"--budget", "soon"}, "'soon'"},
           {{"--target", "arm-64"}, "--runner"},
           {{"--cc", "no-such-compiler"}, "no-such-compiler"},
           {{"--merge", "missing.log"}, "missing.log"}}) {
    check_refused(run_program(command(folder, arguments)), text);
  }
}

}  // namespace

}  // namespace effnet::test
