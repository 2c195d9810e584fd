// What object files and archives say of their sizes and frames.
#include "pipeline/object.h"

#include <algorithm>
#include <sstream>

#include "tests/catch.h"
#include "tests/pipeline/effnetc_program.h"

namespace effnet::test {

namespace {

std::string compiled(const TemporaryFolder& folder, const std::vector<std::string>& command,
                     const std::string& c) {
  write_file(folder.path() / "a.c", c);
  std::vector<std::string> all = command;
  for (const char* argument : {"-O1", "-c", "a.c", "-o", "a.o"}) all.emplace_back(argument);
  const ProcessResult result = run_program(all, {.folder = folder.path()});
  INFO(result.error);
  REQUIRE(result.status == 0);
  return read_file(folder.path() / "a.o");
}

const std::string with_frame =
    "void fill(char *);\n"
    "int with_frame(int n) { char bytes[5000]; if (n < 0) return 0; fill(bytes); return bytes[n]; }\n"
    "int without(int n) { return n + 1; }\n"
    "const int table[100] = {1};\n";

TEST_CASE("an object's text, constants and largest frame, for x86-64 and AArch64") {
  const TemporaryFolder folder;
  for (const std::vector<std::string>& compiler :
       {std::vector<std::string>{"cc"}, {"clang"}, {"clang", "--target=aarch64-linux-gnu"}}) {
    INFO(compiler.back());
    const std::optional<ObjectFacts> facts = inspect_object(compiled(folder, compiler, with_frame));
    REQUIRE(facts);
    CHECK(facts->text_bytes > 20);
    CHECK(facts->text_bytes < 400);
    CHECK(facts->data_bytes >= 400);
    CHECK(facts->data_bytes < 600);
    CHECK(facts->stack_bytes >= 5000);
    CHECK(facts->stack_bytes < 5500);
    CHECK_FALSE(facts->unbounded_stack);
    CHECK(stack_bytes(facts) > facts->stack_bytes);
  }
}

TEST_CASE("objects of other formats and damaged ones have no facts") {
  const TemporaryFolder folder;
  const std::string object = compiled(folder, {"cc"}, with_frame);
  CHECK_FALSE(inspect_object(""));
  CHECK_FALSE(inspect_object("MZ and more"));
  CHECK_FALSE(inspect_object(compiled(folder, {"clang", "--target=x86_64-windows-msvc"}, with_frame)));
  CHECK_FALSE(inspect_object(compiled(folder, {"clang", "--target=arm64-apple-macos"}, with_frame)));
  CHECK_FALSE(
      inspect_object(object.substr(0, object.size() - 1)));  // the table of sections stands at the end
  for (std::size_t length = 0; length < object.size(); length += 13) inspect_object(object.substr(0, length));
  for (std::size_t i = 0; i < object.size(); ++i) {
    std::string damaged = object;
    damaged[i] = static_cast<char>(damaged[i] ^ 0xff);
    inspect_object(damaged);
  }
  CHECK(stack_bytes(std::nullopt) == 32768);
}

TEST_CASE("an archive's facts are its objects'") {
  const TemporaryFolder folder;
  must_compile(folder.path().string(), {"--name", "small", "--target", "x86-64-v3,x86-64"});
  const std::string archive = folder.file("libsmall.a");
  const Result<std::optional<ObjectFacts>> facts = inspect_archive(archive);
  REQUIRE(facts);
  REQUIRE(facts->has_value());

  // binutils' size counts constants as text.
  const ProcessResult size = run_program({"size", "--format=berkeley", "--totals", archive});
  REQUIRE(size.status == 0);
  const std::string totals = lines_of(size.out).back();
  std::int64_t text = 0, data = 0;
  std::istringstream(totals) >> text >> data;
  CHECK((*facts)->text_bytes + (*facts)->data_bytes == text + data);

  write_file(folder.path() / "half.a", read_file(archive).substr(0, 5000));
  CHECK_FALSE(inspect_archive(folder.file("half.a")));
  CHECK_FALSE(inspect_archive(folder.file("small.c")));
  CHECK_FALSE(inspect_archive(folder.file("none.a")));
}

}  // namespace

}  // namespace effnet::test
