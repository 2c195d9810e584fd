// Programs that are run: limits, what they print, and paths on their way through a shell.
#include "base/process.h"

#include "tests/catch.h"

namespace effnet {
namespace {

std::string output_of(const std::string& command, const std::string& path) {
  ProcessOptions options;
  options.wants_output = true;
  const Result<ProcessResult> run = run_process(shell_command(command, path), options);
  REQUIRE(run);
  return run->output;
}

TEST_CASE("a file's path reaches the command as one word, where {} stands or behind it") {
  const std::string path = "/tmp/it's $HOME `a` \"b\".json";
  CHECK(output_of("printf '[%s]' x", path) == "[x][" + path + "]");
  CHECK(output_of("printf '[%s]' {} y {}", path) == "[" + path + "][y][" + path + "]");
}

TEST_CASE("of long output the end is kept") {
  const std::string output = output_of("seq 1 100000; echo", "last");
  CHECK(output.size() == 64 << 10);
  CHECK(output.ends_with("99999\n100000\nlast\n"));
}

TEST_CASE("a program that takes too long is ended with all that it started") {
  ProcessOptions options;
  options.seconds = 0.2;
  const Result<ProcessResult> run = run_process({"/bin/sh", "-c", "sleep 60 & sleep 60"}, options);
  REQUIRE(run);
  CHECK_FALSE(run->in_time);
  CHECK(run->exit_status == 128 + 9);
}

TEST_CASE("a program that is not there is an error that names it") {
  const Result<ProcessResult> run = run_process({"/nonexistent/program"}, ProcessOptions{});
  REQUIRE_FALSE(run);
  CHECK(run.message().find("/nonexistent/program") != std::string::npos);
}

}  // namespace
}  // namespace effnet
