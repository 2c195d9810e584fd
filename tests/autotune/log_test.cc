// The log of measurements: kept, shared, merged, and trusted in nothing.
#include "autotune/log.h"

#include <sqlite3.h>

#include <thread>

#include "tests/catch.h"
#include "tests/support/temporary.h"

namespace effnet {

namespace {

const LogContext here = {"Some CPU", "x86-64-v3", "21.0.0", 1};
const Numbers problem = {{"activation", 2}, {"adds_residual", 0},   {"averages", 1}, {"channels", 320},
                         {"gated", 0},      {"out_channels", 1280}, {"pixels", 49}};

Numbers schedule(int unroll) {
  return {{"block_panels", 1}, {"block_pixels", 49}, {"prefetch", 0},
          {"tile_panels", 1},  {"tile_pixels", 7},   {"unroll", unroll}};
}

LogEntry entry(int unroll, double ratio) {
  return {schedule(unroll), Outcome::measured, ratio, 1000 * ratio, ""};
}

TuningLog open(const std::string& path) {
  Result<TuningLog> log = TuningLog::open(path);
  INFO((log ? "" : log.message()));
  REQUIRE(log);
  return *std::move(log);
}

std::vector<LogEntry> read(TuningLog& log, const LogContext& context = here) {
  Result<std::vector<LogEntry>> entries = log.read(context, "head", problem);
  REQUIRE(entries);
  return *std::move(entries);
}

void execute(const std::string& path, const std::string& sql) {
  sqlite3* database = nullptr;
  REQUIRE(sqlite3_open(path.c_str(), &database) == SQLITE_OK);
  CHECK(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK);
  sqlite3_close(database);
}

int claims_in(const std::string& path) {
  sqlite3* database = nullptr;
  REQUIRE(sqlite3_open(path.c_str(), &database) == SQLITE_OK);
  int count = -1;
  const auto read_count = [](void* result, int, char** values, char**) {
    *static_cast<int*>(result) = std::atoi(values[0]);
    return 0;
  };
  sqlite3_exec(database, "SELECT count(*) FROM candidates WHERE outcome = 'claimed'", read_count, &count,
               nullptr);
  sqlite3_close(database);
  return count;
}

TEST_CASE("what is written is read when the log is opened again") {
  const test::TemporaryFolder folder;
  const std::string path = folder.file("a.log");
  {
    TuningLog log = open(path);
    REQUIRE(log.write(here, "head", problem, entry(1, 1.0)));
    REQUIRE(log.write(here, "head", problem, entry(4, 0.8)));
    REQUIRE(log.write(here, "head", problem, {schedule(2), Outcome::hung, 0, 0, "it did not end"}));
  }
  TuningLog log = open(path);
  const std::vector<LogEntry> entries = read(log);
  REQUIRE(entries.size() == 3);
  CHECK(entries[1].outcome == Outcome::hung);
  CHECK(entries[1].reason == "it did not end");
  CHECK(entries[2].schedule == schedule(4));
  CHECK(entries[2].ratio == 0.8);
}

TEST_CASE("measurements of another CPU, target, Halide or number of threads do not count") {
  const test::TemporaryFolder folder;
  TuningLog log = open(folder.file("a.log"));
  REQUIRE(log.write(here, "head", problem, entry(1, 1.0)));
  CHECK(read(log).size() == 1);
  CHECK(read(log, {"Other CPU", "x86-64-v3", "21.0.0", 1}).empty());
  CHECK(read(log, {"Some CPU", "znver4", "21.0.0", 1}).empty());
  CHECK(read(log, {"Some CPU", "x86-64-v3", "20.0.0", 1}).empty());
  CHECK(read(log, {"Some CPU", "x86-64-v3", "21.0.0", 2}).empty());
}

TEST_CASE("logs merge; what both know stays") {
  const test::TemporaryFolder folder;
  {
    TuningLog other = open(folder.file("b.log"));
    REQUIRE(other.write(here, "head", problem, entry(1, 0.5)));
    REQUIRE(other.write(here, "head", problem, entry(2, 0.7)));
    REQUIRE(other.write({"Other CPU", "x86-64-v3", "21.0.0", 1}, "head", problem, entry(2, 0.6)));
  }
  TuningLog log = open(folder.file("a.log"));
  REQUIRE(log.write(here, "head", problem, entry(1, 1.0)));
  Result<int> added = log.merge(folder.file("b.log"));
  REQUIRE(added);
  CHECK(*added == 2);
  const std::vector<LogEntry> entries = read(log);
  REQUIRE(entries.size() == 2);
  CHECK(entries[0].ratio == 1.0);
  CHECK(entries[1].ratio == 0.7);
  CHECK(*log.merge(folder.file("b.log")) == 0);
  CHECK_FALSE(log.merge(folder.file("missing.log")));
}

TEST_CASE("damaged entries are left out and counted") {
  const test::TemporaryFolder folder;
  const std::string path = folder.file("a.log");
  TuningLog log = open(path);
  REQUIRE(log.write(here, "head", problem, entry(1, 1.0)));
  for (const auto& [column, value] :
       std::vector<std::pair<std::string, std::string>>{{"schedule", "'unroll='"},
                                                        {"schedule", "'unroll=7'"},
                                                        {"schedule", "x'00ff'"},
                                                        {"ratio", "-1"},
                                                        {"ratio", "'fast'"},
                                                        {"ratio", "9e999"},
                                                        {"nanoseconds", "0"},
                                                        {"outcome", "'won'"},
                                                        {"schedule", "'a=1 a=1'"}}) {
    INFO(column << " = " << value);
    REQUIRE(log.write(here, "head", problem, entry(2, 0.9)));
    execute(path, "UPDATE candidates SET " + column + " = " + value + " WHERE schedule LIKE '%unroll=2%'");
    const int before = log.damaged();
    CHECK(read(log).size() == 1);
    CHECK(log.damaged() == before + 1);
    execute(path, "DELETE FROM candidates WHERE schedule NOT LIKE '%unroll=1' OR outcome = 'won'");
  }
}

TEST_CASE("a file that is no tuning log is an error of one line") {
  const test::TemporaryFolder folder;
  test::write_file(folder.file("text.log"), std::string(5000, 'x'));
  execute(folder.file("other.log"), "CREATE TABLE songs (name TEXT)");
  for (const char* name : {"text.log", "other.log"}) {
    Result<TuningLog> log = TuningLog::open(folder.file(name));
    REQUIRE_FALSE(log);
    CHECK(log.message().find("not a tuning log") != std::string::npos);
    CHECK(log.message().find('\n') == std::string::npos);
  }
  CHECK_FALSE(TuningLog::open(folder.path().string()));
}

TEST_CASE("two tuners do not take the same candidate; a dead one's claim is void") {
  const test::TemporaryFolder folder;
  const std::string path = folder.file("a.log");
  TuningLog log = open(path), other = open(path);
  CHECK(*log.claim(here, "head", problem, schedule(1)));
  execute(path, "UPDATE candidates SET owner = 'elsewhere/1'");  // a machine that cannot be asked
  CHECK_FALSE(*other.claim(here, "head", problem, schedule(1)));
  CHECK(read(log).empty());
  execute(path, "UPDATE candidates SET time = time - 4000");  // it would have ended
  CHECK(*other.claim(here, "head", problem, schedule(1)));
  execute(path, "UPDATE candidates SET owner = 'elsewhere/1', time = 9e18");
  CHECK(*other.claim(here, "head", problem, schedule(1)));
  execute(path, "UPDATE candidates SET owner = 'nobody'");
  CHECK(*other.claim(here, "head", problem, schedule(1)));
  REQUIRE(other.write(here, "head", problem, entry(1, 0.9)));
  CHECK_FALSE(*log.claim(here, "head", problem, schedule(1)));
}

TEST_CASE("a tuner gives back what it has claimed, and nothing else") {
  const test::TemporaryFolder folder;
  const std::string path = folder.file("a.log");
  TuningLog log = open(path);
  REQUIRE(*log.claim(here, "head", problem, schedule(1)));
  execute(path, "UPDATE candidates SET owner = 'elsewhere/1'");
  REQUIRE(*log.claim(here, "head", problem, schedule(2)));
  REQUIRE(log.write(here, "head", problem, entry(4, 0.9)));
  REQUIRE(log.release_claims());
  CHECK(claims_in(path) == 1);
  CHECK_FALSE(*log.claim(here, "head", problem, schedule(1)));
  CHECK(read(log).size() == 1);
}

TEST_CASE("two tuners write into one log at the same time") {
  const test::TemporaryFolder folder;
  const std::string path = folder.file("a.log");
  const auto write = [&](int number) {
    TuningLog log = open(path);
    for (int i = 0; i < 40; ++i) {
      Numbers s = schedule(1);
      s["tile_pixels"] = number;
      s["block_pixels"] = 49 / number * number + number * (1 + i % 8);
      (void)log.write(here, "head", problem, {s, Outcome::measured, 1, 1, ""});
    }
  };
  std::thread second(write, 5);
  write(2);
  second.join();
  TuningLog log = open(path);
  CHECK(read(log).size() == 16);
}

}  // namespace

}  // namespace effnet
