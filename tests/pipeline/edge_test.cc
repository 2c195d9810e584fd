// effnetc describe --edge: what it says is what compile makes.
#include <filesystem>
#include <nlohmann/json.hpp>

#include "tests/catch.h"
#include "tests/pipeline/effnetc_program.h"

namespace effnet::test {

namespace {

const std::string cache = EFFNET_BINARY_DIR "/tests/kernels";

ProcessResult describe(const std::vector<std::string>& more) {
  std::vector<std::string> command = {EFFNETC, "describe", "tf_efficientnet_lite0", "--resolution", "64"};
  command.insert(command.end(), more.begin(), more.end());
  return run_program(command);
}

nlohmann::json edge(std::vector<std::string> more) {
  for (const char* argument : {"--edge", "--json", "--cache-dir", cache.c_str()}) more.emplace_back(argument);
  const ProcessResult result = describe(more);
  INFO(result.error);
  REQUIRE(result.status == 0);
  return nlohmann::json::parse(result.out);
}

// The number of a #define in a generated header.
std::int64_t constant(const std::string& header, const std::string& name) {
  const std::string define = "#define SMALL_" + name + " ";
  const std::size_t at = header.find(define);
  INFO(name);
  REQUIRE(at != std::string::npos);
  return std::stoll(header.substr(at + define.size()));
}

TEST_CASE("the report's numbers are those of the compiled library and its header") {
  const TemporaryFolder folder;
  must_compile(folder.path().string(), {"--name", "small", "--target", "x86-64-v3,x86-64", "--threads", "3"});
  const std::string header = read_file(folder.path() / "small.h");
  const nlohmann::json report = edge({"--target", "x86-64-v3,x86-64", "--threads", "3"});
  CHECK(report["target"] == "x86-64-v3,x86-64");
  CHECK(report["precision"] == "fp32");
  // The names inside differ in length: the table of symbols does.
  const auto archive = static_cast<double>(std::filesystem::file_size(folder.file("libsmall.a")));
  CHECK(report["archive_bytes"].get<double>() == Approx(archive).epsilon(0.1));
  CHECK(report["text_bytes"] > 100'000);
  CHECK(report["text_bytes"] < report["archive_bytes"]);
  CHECK(report["data_bytes"] > 1000);
  CHECK(report["runtime_bytes"] > 10'000);
  CHECK(report["weights_bytes"] == constant(header, "WEIGHTS_BYTES"));
  CHECK(report["activation_bytes"] == constant(header, "ARENA_BYTES"));
  CHECK(report["scratch_bytes_per_thread"] == constant(header, "ARENA_BYTES_PER_THREAD"));
  CHECK(report["arena_bytes"] ==
        constant(header, "ARENA_BYTES") + 3 * constant(header, "ARENA_BYTES_PER_THREAD"));
  CHECK(report["stack_bytes"] == constant(header, "STACK_BYTES"));
  CHECK(report["stack_bytes"] > 4096);
  CHECK(report["stack_bytes"] < 32768);
  CHECK(report["multiply_adds"] > 30'000'000);
}

TEST_CASE("a plan with less memory is described as such, and the text has one line a number") {
  CHECK(edge({"--min-memory"})["arena_bytes"] < edge({})["arena_bytes"]);
  const ProcessResult text = describe({"--edge", "--min-memory", "--cache-dir", cache});
  REQUIRE(text.status == 0);
  for (const char* row : {"archive", "text", "weights", "arena", "stack", "multiply-adds"}) {
    INFO(row);
    CHECK(text.out.find(row) != std::string::npos);
  }
}

TEST_CASE("weights have the bytes of their element type") {
  const auto weights = [](const std::string& precision) {
    return edge({"--precision", precision})["weights_bytes"].get<double>();
  };
  const double exact = weights("fp32");
  CHECK(weights("bf16") < 0.6 * exact);
  CHECK(weights("int8-weights") < 0.4 * exact);
  CHECK(weights("int8") < weights("int8-weights"));
}

TEST_CASE("another CPU's library is described, too") {
  const nlohmann::json report = edge({"--target", "arm-64", "--cc", "clang"});
  CHECK(report["text_bytes"] > 50'000);
  CHECK(report["stack_bytes"] > 4096);
}

TEST_CASE("several targets, a compiler or a cache belong to --edge") {
  CHECK(describe({"--target", "x86-64-v3,x86-64"}).error.find("--edge") != std::string::npos);
  CHECK(describe({"--cc", "clang"}).error.find("--edge") != std::string::npos);
  CHECK(describe({"--cache-dir", cache}).status != 0);
}

}  // namespace

}  // namespace effnet::test
