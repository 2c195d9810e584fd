// Schedule rows: their text, and what a plan makes of them.
#include "schedules/rows.h"

#include <filesystem>
#include <fstream>

#include "pipeline/plan.h"
#include "tests/catch.h"
#include "tests/support/temporary.h"

namespace effnet {

namespace {

const std::string target_name = "x86-64-v3";

ScheduleRow some_row() {
  ScheduleRow row;
  row.problem = {{"channels", 40}, {"height", 28}, {"width", 28}};
  row.threads = 4;
  row.schedule = {{"block_panels", 2}, {"strip_rows", 7}};
  row.microseconds = 143.2;
  row.cpu = "Some CPU 9R14";
  row.halide = "21.0.0";
  row.algorithm = "1a2b3c4d";
  return row;
}

Plan plan_of(const ScheduleRows* rows, int threads = 1) {
  Result<NetworkConfig> config = find_network("efficientnet_b0");
  REQUIRE(config);
  Result<Network> network = build_network(*config);
  REQUIRE(network);
  Result<CpuTarget> target = find_target(target_name);
  REQUIRE(target);
  Result<Plan> plan = make_plan(*network, {*target, threads, rows});
  REQUIRE(plan);
  return *std::move(plan);
}

// The first kernel of B0's head, for which a second legal schedule is easily written.
const Kernel& head_of(const Plan& plan) {
  for (const Kernel& kernel : plan.kernels)
    if (kernel.operation == "head") return kernel;
  FAIL("no head");
  return plan.kernels.front();
}

// A row for the head whose schedule is not the default one.
ScheduleRow head_row() {
  const Plan plan = plan_of(nullptr);
  const Kernel& head = head_of(plan);
  ScheduleRow row = some_row();
  row.problem = head.problem;
  row.threads = 1;
  row.schedule = head.schedule;
  row.schedule["unroll"] = head.schedule.at("unroll") == 2 ? 1 : 2;
  row.algorithm = find_operator("head").algorithm_hash;
  return row;
}

void write_rows(const std::filesystem::path& folder, const std::string& text) {
  std::filesystem::create_directories(folder / target_name);
  test::write_file(folder / target_name / "head.rows", text);
}

ScheduleRows load(const std::vector<std::string>& folders) {
  Result<ScheduleRows> rows = ScheduleRows::load(folders, target_name, {"head"});
  REQUIRE(rows);
  return *std::move(rows);
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_CASE("a row is the same after writing and reading") {
  const ScheduleRow row = some_row();
  const std::string line = format_row(row);
  CHECK(line ==
        "channels=40 height=28 width=28 threads=4 | block_panels=2 strip_rows=7 | microseconds=143.2 "
        "cpu=\"Some CPU 9R14\" halide=21.0.0 algorithm=1a2b3c4d");
  Result<ScheduleRow> read = parse_row(line);
  REQUIRE(read);
  CHECK(read->problem == row.problem);
  CHECK(read->threads == 4);
  CHECK(read->schedule == row.schedule);
  CHECK(read->microseconds == 143.2);
  CHECK(read->cpu == row.cpu);
  CHECK(read->halide == row.halide);
  CHECK(read->algorithm == row.algorithm);
  CHECK(format_row(*read) == line);
}

TEST_CASE("an operator without numbers has a row with an empty schedule") {
  ScheduleRow row = some_row();
  row.schedule.clear();
  Result<ScheduleRow> read = parse_row(format_row(row));
  REQUIRE(read);
  CHECK(read->schedule.empty());
  CHECK(read->problem == row.problem);
}

TEST_CASE("padding is not written") {
  ScheduleRow row = some_row();
  row.problem["top"] = row.problem["left"] = 1;
  CHECK(format_row(row) == format_row(some_row()));
}

TEST_CASE("a damaged row is an error that names the problem") {
  struct Damage {
    std::string line, problem;
  };
  const std::vector<Damage> damages = {
      {"", "three parts"},
      {"channels=40 threads=1", "three parts"},
      {"channels=40 threads=1 | unroll=2", "three parts"},
      {"channels=40 | unroll=2 |", "threads=N"},
      {"channels=40 threads=0 | unroll=2 |", "threads=N"},
      {"channels=40 channels=40 threads=1 | unroll=2 |", "channels=40"},
      {"channels=40 threads=1 | unroll=2 unroll=4 |", "unroll=4"},
      {"channels=40 threads=1 threads=2 | unroll=2 |", "threads=2"},
      {"channels=forty threads=1 | unroll=2 |", "channels=forty"},
      {"channels=4.5 threads=1 | unroll=2 |", "channels=4.5"},
      {"channels= threads=1 | unroll=2 |", "channels="},
      {"channels=99999999999 threads=1 | unroll=2 |", "99999999999"},
      {"channels threads=1 | unroll=2 |", "channels"},
      {"=1 threads=1 | unroll=2 |", "=1"},
      {"a threads=1 | unroll=2x |", "is not name=integer"},
      {"channels=40 threads=1 | unroll=2x |", "unroll=2x"},
      {"channels=40 threads=1 | unroll=2 | cpu=\"Some", "quote"},
      {"channels=40 threads=1 | unroll=2 | cpu=\"", "quote"},
      {"channels=40 threads=1 | unroll=2 | microseconds=fast", "fast"},
      {"channels=40 threads=1 | unroll=2 | color=red", "color"},
      {"channels=40 threads=1 | unroll=2 | alone", "alone"},
  };
  for (const Damage& damage : damages) {
    INFO(damage.line);
    Result<ScheduleRow> row = parse_row(damage.line);
    REQUIRE_FALSE(row);
    INFO(row.message());
    CHECK(contains(row.message(), damage.problem));
    CHECK_FALSE(contains(row.message(), "\n"));
  }
}

TEST_CASE("every beginning of a row is read or refused") {
  const std::string line = format_row(some_row());
  for (std::size_t length = 0; length < line.size(); ++length) {
    Result<ScheduleRow> row = parse_row(line.substr(0, length));
    if (!row) CHECK_FALSE(row.message().empty());
  }
}

TEST_CASE("a row changes the plan's schedule") {
  const ScheduleRow row = head_row();
  const test::TemporaryFolder folder;
  write_rows(folder.path(), "# a comment\n\n" + format_row(row) + "\n");
  const ScheduleRows rows = load({folder.path().string()});
  const Plan plan = plan_of(&rows), without = plan_of(nullptr);
  CHECK(plan.warnings.empty());
  CHECK(head_of(plan).schedule == row.schedule);
  CHECK(head_of(without).schedule != row.schedule);
  CHECK(plan.kernels.size() == without.kernels.size());
}

TEST_CASE(
    "the row for the nearest number of threads is taken, but one of one thread only for one, of few not for "
    "many") {
  ScheduleRow one = head_row(), many = one;
  many.threads = 8;
  many.schedule["unroll"] = 4;
  const test::TemporaryFolder folder;
  write_rows(folder.path(), format_row(one) + "\n" + format_row(many) + "\n");
  const ScheduleRows rows = load({folder.path().string()});
  CHECK(head_of(plan_of(&rows, 1)).schedule == one.schedule);
  CHECK(head_of(plan_of(&rows, 2)).schedule == many.schedule);
  CHECK(head_of(plan_of(&rows, 7)).schedule == many.schedule);
  CHECK(head_of(plan_of(&rows, 8)).schedule == many.schedule);
  CHECK(head_of(plan_of(&rows, 9)).schedule == head_of(plan_of(nullptr, 9)).schedule);
}

// The time of all steps, to the time if all threads shared each of them evenly; squeeze-excite apart.
double rounds_over_shares(const Plan& plan, int threads) {
  double time = 0, shared = 0;
  for (const Step& step : plan.steps) {
    if (plan.kernels[step.kernel].operation == "squeeze_excite") continue;
    const int tasks = step.blocks * step.strips, rounds = (tasks + threads - 1) / threads;
    time += step.multiply_adds * rounds / tasks;
    shared += step.multiply_adds / threads;
  }
  return time / shared;
}

TEST_CASE("compiled for many threads, all of them have work") {
  for (const char* target : {"x86-64-v3", "x86-64-v4", "arm-64"})
    for (const char* name : {"efficientnet_b0", "efficientnet_b4", "tf_efficientnet_lite0"})
      for (const int threads : {3, 4, 8, 16}) {
        const Result<Plan> plan =
            make_plan(*build_network(*find_network(name)), {*find_target(target), threads});
        REQUIRE(plan);
        INFO(name << " for " << target << ", " << threads << " threads");
        CHECK(rounds_over_shares(*plan, threads) <= 1.15);
      }
}

TEST_CASE(
    "long squeeze-excites are cut so that every thread has one task at the most, since all begin alike") {
  const Plan plan = plan_of(nullptr, 16);
  for (const Step& step : plan.steps) {
    const Kernel& kernel = plan.kernels[step.kernel];
    if (kernel.operation != "squeeze_excite") continue;
    INFO(step.name);
    CHECK(step.blocks <= 16);
    CHECK((step.blocks > 4) == (kernel.problem.at("channels") >= 480));
  }
}

TEST_CASE("the first folder that has a row for a step wins") {
  ScheduleRow first = head_row(), second = first;
  first.threads = second.threads = 8;
  second.schedule["unroll"] = 4;
  const test::TemporaryFolder a, b;
  write_rows(a.path(), format_row(first) + "\n");
  write_rows(b.path(), format_row(second) + "\n");
  const std::vector<std::string> folders = {a.path().string(), b.path().string()};
  {
    const ScheduleRows rows = load(folders);
    CHECK(head_of(plan_of(&rows, 2)).schedule == first.schedule);
  }
  SECTION("even when a later folder's row was tuned for the very number of threads") {
    second.threads = 4;
    write_rows(b.path(), format_row(second) + "\n");
    const ScheduleRows rows = load(folders);
    CHECK(head_of(plan_of(&rows, 4)).schedule == first.schedule);
  }
}

TEST_CASE("an illegal row is not used, and the plan warns about it") {
  const Kernel usual = head_of(plan_of(nullptr));
  for (const auto& [number, value] : std::vector<std::pair<std::string, int>>{
           {"unroll", 0}, {"unroll", -4}, {"unroll", 7}, {"tile_pixels", 1 << 30}, {"block_pixels", 1}}) {
    INFO(number << "=" << value);
    ScheduleRow row = head_row();
    row.schedule[number] = value;
    const test::TemporaryFolder folder;
    write_rows(folder.path(), format_row(row) + "\n");
    const ScheduleRows rows = load({folder.path().string()});
    const Plan plan = plan_of(&rows);
    CHECK(head_of(plan).schedule == usual.schedule);
    REQUIRE(plan.warnings.size() == 1);
    CHECK(contains(plan.warnings[0], "head"));
    CHECK(contains(plan.warnings[0], "is not used"));
  }
}

TEST_CASE("every shipped row is legal") {
  int rows = 0;
  for (const auto& file : std::filesystem::recursive_directory_iterator(EFFNET_SOURCE_DIR "/schedules")) {
    if (file.path().extension() != ".rows") continue;
    const Operator& op = find_operator(file.path().stem().string());
    std::ifstream lines(file.path());
    for (std::string line; std::getline(lines, line); ++rows) {
      INFO(file.path().string() << ": " << line);
      const Result<ScheduleRow> row = parse_row(line);
      REQUIRE(row);
      CHECK(op.check_schedule(row->problem, row->schedule) == "");
    }
  }
  CHECK(rows > 500);
}

TEST_CASE("a row with a number missing or too many is not used") {
  ScheduleRow missing = head_row(), unknown = missing;
  missing.schedule.erase("unroll");
  unknown.schedule["speed"] = 11;
  const Kernel usual = head_of(plan_of(nullptr));
  for (const ScheduleRow& row : {missing, unknown}) {
    const test::TemporaryFolder folder;
    write_rows(folder.path(), format_row(row) + "\n");
    const ScheduleRows rows = load({folder.path().string()});
    const Plan plan = plan_of(&rows);
    CHECK(head_of(plan).schedule == usual.schedule);
    CHECK(plan.warnings.size() == 1);
  }
}

TEST_CASE("a row from before a flag was invented is used, the flag being off") {
  ScheduleRow row = head_row();
  row.schedule.erase("halves");
  const test::TemporaryFolder folder;
  write_rows(folder.path(), format_row(row) + "\n");
  const ScheduleRows rows = load({folder.path().string()});
  const Plan plan = plan_of(&rows);
  CHECK(head_of(plan).schedule == row.schedule);
  CHECK(plan.warnings.empty());
}

TEST_CASE("a row that was tuned for another algorithm is used with a warning") {
  ScheduleRow row = head_row();
  row.algorithm = "000000000000";
  const test::TemporaryFolder folder;
  write_rows(folder.path(), format_row(row) + "\n");
  const ScheduleRows rows = load({folder.path().string()});
  const Plan plan = plan_of(&rows);
  CHECK(head_of(plan).schedule == row.schedule);
  REQUIRE(plan.warnings.size() == 1);
  CHECK(contains(plan.warnings[0], "another version"));
  CHECK(contains(plan.warnings[0], "head"));
  CHECK(contains(plan.warnings[0], target_name));
}

TEST_CASE("a damaged line is an error with its file and number") {
  const test::TemporaryFolder folder;
  write_rows(folder.path(), "# head\n" + format_row(head_row()) + "\nchannels=40 threads=one | |\n");
  Result<ScheduleRows> rows = ScheduleRows::load({folder.path().string()}, target_name, {"head"});
  REQUIRE_FALSE(rows);
  CHECK(contains(rows.message(), folder.file(target_name + "/head.rows") + ":3: "));
  CHECK(contains(rows.message(), "threads=one"));
}

TEST_CASE("folders and files that are not there hold no rows") {
  const test::TemporaryFolder folder;
  const ScheduleRows rows = load({folder.path().string(), folder.file("missing")});
  CHECK(rows.find("head", head_row().problem, 1) == nullptr);
}

}  // namespace

}  // namespace effnet
