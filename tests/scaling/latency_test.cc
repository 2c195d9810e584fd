// effnetc scale --search --objective latency: networks are compiled and measured, each once. Times are not compared.
#include <filesystem>
#include <nlohmann/json.hpp>

#include "tests/catch.h"
#include "tests/scaling/scale_program.h"

namespace effnet::test {
namespace {

using Catch::Contains;

// Three networks on the grid, and the published point beside it. Kernels come from the cache that all tests share.
class TinySearch {
 public:
  TinySearch() {
    write_file(
        folder_.path() / "tiny.json",
        R"({"name": "tiny", "family": "lite", "width": 0.25, "depth": 0.25, "resolution": 32, "classes": 4,)"
        R"( "padding": "same"})");
    // The kernels are shared, the measurements are this test's own.
    std::filesystem::create_directories(shared());
    std::filesystem::create_directories(cache());
    copy_kernels(shared(), cache());
  }
  ~TinySearch() { copy_kernels(cache(), shared()); }
  std::filesystem::path cache() const { return folder_.path() / "cache"; }
  std::size_t measurements() const {
    std::error_code missing;
    const auto files = std::filesystem::directory_iterator(cache() / "scaling", missing);
    return static_cast<std::size_t>(std::distance(files, std::filesystem::directory_iterator()));
  }
  std::vector<std::string> arguments(const std::vector<std::string>& more = {},
                                     const char* last_phi = "0") const {
    std::vector<std::string> list = {"--search",
                                     "--base",
                                     folder_.file("tiny.json"),
                                     "--step",
                                     "0.5",
                                     "--cost",
                                     "2",
                                     "--tolerance",
                                     "0.3",
                                     "--objective",
                                     "latency",
                                     "--rounds",
                                     "2",
                                     "--seconds",
                                     "0.01",
                                     "--last-phi",
                                     last_phi,
                                     "--cache-dir",
                                     cache().string()};
    list.insert(list.end(), more.begin(), more.end());
    return list;
  }
  std::string file(const std::string& name) const { return folder_.file(name); }

 private:
  static std::filesystem::path shared() { return EFFNET_BINARY_DIR "/tests/kernels"; }
  static void copy_kernels(const std::filesystem::path& from, const std::filesystem::path& to) {
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator(from, ignored)) {
      const std::filesystem::path copy = to / entry.path().filename();
      if (entry.path().extension() != ".o" || std::filesystem::exists(copy, ignored)) continue;
      std::filesystem::copy_file(entry.path(), copy.string() + ".new", ignored);
      std::filesystem::rename(copy.string() + ".new", copy, ignored);
    }
  }
  TemporaryFolder folder_;
};

TEST_CASE("every network of the grid is measured once, and remembered") {
  const TinySearch search;
  const nlohmann::json first = nlohmann::json::parse(must_scale(search.arguments({"--json"})));
  REQUIRE(first["candidates"].size() == 3);
  for (const nlohmann::json& candidate : first["candidates"])
    CHECK(candidate["values"]["latency"].get<double>() > 0);
  CHECK(first["published"]["values"]["latency"].get<double>() > 0);
  CHECK(first["baseline_latency_ms"].get<double>() > 0);
  CHECK(search.measurements() == 4);
  CHECK(nlohmann::json::parse(must_scale(search.arguments({"--json"}))) == first);
  // Another number of threads is another question.
  const nlohmann::json threads = nlohmann::json::parse(
      must_scale(search.arguments({"--json", "--threads", "2", "--objective", "params"}, "2")));
  CHECK(search.measurements() == 4 + 4 + 1);  // phi = 1 of the series is the winner itself
  REQUIRE(threads["series"].size() == 2);
  CHECK(threads["series"][1]["values"]["latency"].get<double>() > 0);
}

TEST_CASE("a search that was killed goes on where it was") {
  const TinySearch search;
  std::string command = std::string("'") + EFFNETC + "' scale";
  for (const std::string& argument : search.arguments()) command += " '" + argument + "'";
  const ProcessResult killed = run_program({"/bin/sh", "-c",
                                            command + " & p=$!; until ls '" + search.cache().string() +
                                                "'/scaling/*.json >/dev/null 2>&1; do kill -0 $p || exit 9; "
                                                "sleep 0.02; done; kill -9 $p; wait $p; exit 0"});
  INFO(killed.error);
  REQUIRE(killed.status == 0);
  const std::size_t before = search.measurements();
  REQUIRE(before >= 1);
  REQUIRE(before < 4);
  const ProcessResult rest = scale(search.arguments());
  CHECK(rest.status == 0);
  CHECK_THAT(rest.error, Contains(std::to_string(before) + " of 4 networks are known from an earlier run"));
  CHECK(search.measurements() == 4);
}

TEST_CASE("measurements that cannot be kept are not lost") {
  const TinySearch search;
  write_file(search.cache() / "scaling", "a file, no folder");
  const ProcessResult result = scale(search.arguments({"--json"}));
  CHECK(result.status == 0);
  CHECK_THAT(result.error, Contains("the next search begins anew"));
  CHECK(nlohmann::json::parse(result.out)["candidates"].size() == 3);
}

TEST_CASE("a compiler that fails ends the search with one line") {
  const TinySearch search;
  check_refused(scale(search.arguments({"--cc", "false"})), {"false"});
  CHECK(search.measurements() == 0);
}

}  // namespace
}  // namespace effnet::test
