// What candidates print, and what the tuner makes of it; spaces of schedules; rows that are written.
#include "autotune/candidate.h"

#include <filesystem>

#include "autotune/step.h"
#include "base/files.h"
#include "tests/catch.h"
#include "tests/support/temporary.h"

namespace effnet {

namespace {

const std::string sound =
    "cpu Some \"CPU\"\ncores 2\nnanoseconds 1234.5 1300.0\nhash 0123456789abcdef\nvalues 5 3f800000 "
    "bf000000\n";

TEST_CASE("a candidate's output is read") {
  Result<CandidateResult> result = parse_candidate_output(sound);
  REQUIRE(result);
  CHECK(result->cpu == "Some  CPU ");
  CHECK(result->cores == 2);
  CHECK(result->nanoseconds == 1234.5);
  CHECK(result->samples.at(5) == std::vector<float>{1.0f, -0.5f});
}

TEST_CASE("every damaged output of a candidate is refused") {
  for (std::size_t length = 0; length < sound.size() - 20; ++length)
    CHECK_FALSE(parse_candidate_output(sound.substr(0, length)));
  for (const char* line :
       {"hello\n", "cores none\n", "nanoseconds -1 2\n", "values 5 3f80000g\n", "values x\n"})
    CHECK_FALSE(parse_candidate_output(sound + line));
}

TEST_CASE("every point of every space is fitted to a legal schedule") {
  std::vector<Network> networks;
  for (const char* name : {"efficientnet_b0", "tf_efficientnet_lite3"})
    networks.push_back(*build_network(*find_network(name)));
  const Result<CpuTarget> target = find_target("x86-64-v3"), pairs = find_target("znver4");
  REQUIRE(target);
  REQUIRE(pairs);
  std::vector<TuningStep> steps = unique_steps_of(networks, *target);
  for (const TuningStep& step : unique_steps_of(networks, *target, Precision::int8)) steps.push_back(step);
  for (const Precision precision : {Precision::bf16, Precision::int8_weights, Precision::int8})
    for (const TuningStep& step : unique_steps_of(networks, *pairs, precision)) steps.push_back(step);
  for (const TuningStep& step : steps) {
    const std::vector<Axis> axes = step.op().schedule_space(step.problem, target->machine);
    const Numbers usual = step.op().default_schedule(step.problem, target->machine, 1);
    CHECK(step.op().fit_schedule(step.problem, usual) == usual);
    for (unsigned int i = 0; i < 200 && !axes.empty(); ++i) {
      Numbers point;
      for (std::size_t a = 0; a < axes.size(); ++a)
        point[axes[a].name] = axes[a].values[(i * 31 + a * 17 + i / 7 * a) % axes[a].values.size()];
      INFO(step.operation << " " << to_text(step.problem) << " | " << to_text(point));
      CHECK(step.op().check_schedule(step.problem, step.op().fit_schedule(step.problem, point)) == "");
    }
  }
}

TEST_CASE("equal steps of several networks are tuned once and counted in each") {
  std::vector<Network> networks;
  for (const char* name : {"efficientnet_b0", "tf_efficientnet_b0", "efficientnet_b1"})
    networks.push_back(*build_network(*find_network(name)));
  const Result<CpuTarget> target = find_target("x86-64-v3");
  const std::vector<TuningStep> all = unique_steps_of(networks, *target);
  networks.resize(1);
  const std::vector<TuningStep> one = unique_steps_of(networks, *target);
  CHECK(all.size() > one.size());
  for (std::size_t i = 0; i < one.size(); ++i) {
    CHECK(all[i].occurrences[0] == one[i].occurrences[0]);
    CHECK(all[i].occurrences[1] == one[i].occurrences[0]);  // the padding family is not part of the key
  }
}

ScheduleRow row_of(int channels, int threads, int unroll) {
  ScheduleRow row;
  row.problem = {{"channels", channels}};
  row.threads = threads;
  row.schedule = {{"unroll", unroll}};
  row.microseconds = 1;
  row.cores = 2;
  row.cpu = "Some CPU";
  row.halide = "21.0.0";
  row.algorithm = "0";
  return row;
}

TEST_CASE("rows are written sorted, those of other steps stay") {
  const test::TemporaryFolder folder;
  const std::string path = folder.file("made/x86-64-v3/head.rows");
  REQUIRE(write_rows(folder.file("made"), "x86-64-v3", "head",
                     {row_of(40, 1, 4), row_of(24, 1, 2), row_of(24, 2, 2)}));
  REQUIRE(write_rows(folder.file("made"), "x86-64-v3", "head", {row_of(40, 1, 8), row_of(32, 1, 1)}));
  Result<std::string> text = read_file(path, 1 << 20);
  REQUIRE(text);
  const std::string tail = " | microseconds=1.0 cores=2 cpu=\"Some CPU\" halide=21.0.0 algorithm=0\n";
  CHECK(*text == "channels=24 threads=1 | unroll=2" + tail + "channels=24 threads=2 | unroll=2" + tail +
                     "channels=32 threads=1 | unroll=1" + tail + "channels=40 threads=1 | unroll=8" + tail);
  test::write_file(path, "damaged\n");
  CHECK_FALSE(write_rows(folder.file("made"), "x86-64-v3", "head", {row_of(40, 1, 8)}));
}

TEST_CASE("a near problem's row is found, a far one's is not") {
  ScheduleRows rows;
  rows.add("head", row_of(320, 1, 4));
  rows.add("head", row_of(352, 1, 2));
  const auto near = [&](int channels) { return rows.find_near("head", {{"channels", channels}}, 1); };
  REQUIRE(near(330));
  CHECK(near(330)->schedule.at("unroll") == 4);
  CHECK(near(350)->schedule.at("unroll") == 2);
  CHECK(near(600) == nullptr);
  CHECK(rows.find_near("head", {{"pixels", 320}}, 1) == nullptr);
  CHECK(rows.find_near("project", {{"channels", 320}}, 1) == nullptr);
}

}  // namespace

}  // namespace effnet
