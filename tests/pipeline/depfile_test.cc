// Rules that make reads as they were meant.
#include "pipeline/depfile.h"

#include <filesystem>

#include "tests/catch.h"
#include "tests/support/process.h"
#include "tests/support/temporary.h"

namespace effnet::test {
namespace {

namespace fs = std::filesystem;

// Whether make, told the rule, finds the output older than the input.
bool must_be_made_again(const TemporaryFolder& folder, const std::string& rule) {
  write_file(folder.path() / "Makefile", rule + "\t@false\n");
  return run_program({"make", "--question"}, {.folder = folder.path()}).status == 1;
}

TEST_CASE("a rule names its output and inputs, one a line") {
  const Result<std::string> rule = depfile_text("out/liba.a", {"/x/effnetc", "/y/a.weights"});
  REQUIRE(rule);
  CHECK(*rule == "out/liba.a: \\\n  /x/effnetc \\\n  /y/a.weights\n");
}

TEST_CASE("make reads paths with characters that it gives a meaning to") {
  for (const char* name :
       {"a b", "a#b", "a:b", "a$b", "a%b", "a&b", "a*b", "a(b)c", "a'b\"c", "~a", "a,b!{c}"}) {
    INFO(name);
    const TemporaryFolder folder;
    const bool as_output = std::string(name) != "a%b";
    const std::string input = folder.file(name),
                      output = folder.file(as_output ? name + std::string(".a") : "o.a");
    write_file(input, "");
    write_file(output, "");
    const Result<std::string> rule = depfile_text(output, {input});
    REQUIRE(rule);
    const fs::file_time_type now = fs::last_write_time(input);
    fs::last_write_time(output, now + std::chrono::seconds(10));
    CHECK_FALSE(must_be_made_again(folder, *rule));
    fs::last_write_time(input, now + std::chrono::seconds(20));
    CHECK(must_be_made_again(folder, *rule));
  }
}

TEST_CASE("what no rule can say is refused") {
  for (const char* path : {"/a;b", "/a=b", "/a|b", "/a\\b", "/a\tb", "/a\nb", "/a ", "/a(b)"}) {
    INFO(path);
    CHECK_FALSE(depfile_text(path, {"/in"}));
    CHECK_FALSE(depfile_text("/out", {"/in", path}));
  }
  CHECK_FALSE(depfile_text("/a%b", {"/in"}));
  const Result<std::string> refused = depfile_text("/out", {"/a=b"});
  REQUIRE_FALSE(refused);
  CHECK(refused.message().find("'='") != std::string::npos);
}

}  // namespace
}  // namespace effnet::test
