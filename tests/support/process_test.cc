#include "tests/support/process.h"

#include "tests/catch.h"
#include "tests/support/temporary.h"

namespace effnet::test {
namespace {

TEST_CASE("a program's status and both outputs reach the test") {
  const ProcessResult result = run_program({"sh", "-c", "echo one; echo two >&2; exit 3"});
  CHECK(result.status == 3);
  CHECK(result.out == "one\n");
  CHECK(result.error == "two\n");
}

TEST_CASE("folder, environment and a redirected output are as asked") {
  const TemporaryFolder folder;
  ProcessOptions options;
  options.folder = folder.path();
  options.environment = {{"EFFNET_TEST_WORD", "word"}};
  CHECK(run_program({"sh", "-c", "pwd; echo $EFFNET_TEST_WORD"}, options).out ==
        folder.path().string() + "\nword\n");
  options.standard_output = folder.file("out");
  CHECK(run_program({"echo", "text"}, options).out.empty());
  CHECK(read_file(folder.file("out")) == "text\n");
}

TEST_CASE("signals, time limits and programs that do not exist are told from exit statuses") {
  CHECK(run_program({"sh", "-c", "kill -SEGV $$"}).status == 128 + 11);
  CHECK(run_program({"sleep", "5"}, {.seconds = 1}).status == 128 + 14);
  const ProcessResult missing = run_program({"/no/such/program"});
  CHECK(missing.status == 127);
  CHECK(missing.error.find("/no/such/program") != std::string::npos);
}

TEST_CASE("a temporary folder is removed with its contents and an empty file reads as empty") {
  std::filesystem::path path;
  {
    const TemporaryFolder folder;
    path = folder.path();
    write_file(folder.file("empty"), "");
    CHECK(read_file(folder.file("empty")).empty());
    CHECK_THROWS(read_file(folder.file("missing")));
  }
  CHECK_FALSE(std::filesystem::exists(path));
}

}  // namespace
}  // namespace effnet::test
