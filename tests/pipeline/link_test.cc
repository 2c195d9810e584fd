// Libraries in one program: with each other, and with somebody else's Halide code and its runtime.
#include <Halide.h>

#include "tests/catch.h"
#include "tests/pipeline/effnetc_program.h"

namespace effnet::test {

namespace {

// Links main.c of the folder with the libraries and runs the program.
ProcessResult link_and_run(const TemporaryFolder& folder, const std::vector<std::string>& libraries) {
  ProcessOptions inside;
  inside.folder = folder.path();
  std::vector<std::string> command = {"cc",     "-std=c11", "-Wall", "-Wextra", "-Werror",
                                      "main.c", "-o",       "main",  "-I",      EFFNET_BINARY_DIR "/include"};
  command.insert(command.end(), libraries.begin(), libraries.end());
  for (const char* argument : {EFFNET_BINARY_DIR "/lib/libeffnet.a", "-lm", "-lpthread"})
    command.emplace_back(argument);
  const ProcessResult linked = run_program(command, inside);
  INFO(linked.error);
  REQUIRE(linked.status == 0);
  return run_program({folder.file("main")}, inside);
}

TEST_CASE("two libraries in one C program, linked by a plain C compiler") {
  const TemporaryFolder folder;
  must_compile(folder.path().string(), {"--name", "one"});
  must_compile(folder.path().string(), {"--name", "other", "--classes", "10"});
  write_file(folder.path() / "main.c", R"(#include <stdio.h>
#include "one.h"
#include "other.h"

int main(void) {
  static const float no_weights[16];
  effnet_model *model = 0;
  printf("%d %d\n", one_arena_bytes(NULL) > 0, other_arena_bytes(NULL) > 0);
  printf("%d %d\n", ONE_CLASSES, OTHER_CLASSES);
  printf("%d\n", one_program() != other_program());
  printf("%d\n", one_open_memory(no_weights, 0, NULL, &model) != EFFNET_OK && !model);
  printf("%d\n", other_open("no such file", NULL, &model) != EFFNET_OK && !model);
  return 0;
}
)");
  const ProcessResult result = link_and_run(folder, {"libone.a", "libother.a"});
  CHECK(result.status == 0);
  CHECK(result.out == "1 1\n1000 10\n1\n1\n1\n");
}

TEST_CASE("a library beside foreign Halide code with a runtime of its own") {
  const TemporaryFolder folder;
  must_compile(folder.path().string(), {"--name", "small"});
  Halide::Var x("x");
  Halide::Func foreign("foreign");
  foreign(x) = 3 * x + 1;
  foreign.parallel(x);
  foreign.compile_to_static_library(folder.file("libforeign"), {}, "foreign", Halide::get_host_target());
  write_file(folder.path() / "main.c", R"(#include <stdio.h>
#include "HalideRuntime.h"
#include "libforeign.h"
#include "small.h"

int main(void) {
  int values[8] = {0};
  halide_dimension_t shape = {0, 8, 1, 0};
  halide_buffer_t buffer = {0};
  buffer.host = (uint8_t *)values;
  buffer.type.code = halide_type_int;
  buffer.type.bits = 32;
  buffer.type.lanes = 1;
  buffer.dimensions = 1;
  buffer.dim = &shape;
  printf("%d\n", foreign(&buffer));
  printf("%d %d\n", values[0], values[7]);
  printf("%d\n", small_arena_bytes(NULL) > 0);
  return 0;
}
)");
  const ProcessResult result =
      link_and_run(folder, {"-I", HALIDE_INCLUDE, "libsmall.a", "libforeign.a", "-ldl"});
  INFO(result.error);
  CHECK(result.status == 0);
  CHECK(result.out == "0\n1 22\n1\n");
}

}  // namespace

}  // namespace effnet::test
