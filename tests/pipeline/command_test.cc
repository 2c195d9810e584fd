// What effnetc compile refuses: one line, a non-zero status, and nothing left behind.
#include <filesystem>

#include "tests/catch.h"
#include "tests/pipeline/effnetc_program.h"

namespace effnet::test {

namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

ProcessResult compile(const std::vector<std::string>& arguments) {
  std::vector<std::string> command = {EFFNETC, "compile"};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return run_program(command);
}

TEST_CASE("what is wrong with the arguments is said in one line, and no folder is made") {
  const TemporaryFolder folder;
  const std::string out = folder.file("out");
  SECTION("unknown network") {
    check_refused(compile({"eficientnet_b0", "-o", out}), {"eficientnet_b0", "did you mean efficientnet_b0"});
  }
  SECTION("network file that is not there") {
    check_refused(compile({folder.file("none.json"), "-o", out}), {"none.json"});
  }
  SECTION("unknown target") { check_refused(compile_small(out, {"--target", "x86-64-v9"}), {"x86-64-v9"}); }
  SECTION("one unknown target of two") {
    check_refused(compile_small(out, {"--target", "x86-64-v3,pentium"}), {"pentium"});
  }
  SECTION("no target") { check_refused(compile_small(out, {"--target", ""}), {"target"}); }
  SECTION("a name that begins with a digit") {
    check_refused(compile_small(out, {"--name", "9x"}), {"9x", "--name"});
  }
  SECTION("a name of the runtime's headers") {
    check_refused(compile_small(out, {"--name", "effnet"}), {"'effnet'", "--name"});
    check_refused(compile_small(out, {"--name", "effnet_program"}), {"'effnet_program'", "--name"});
  }
  SECTION("a name that is a path") { check_refused(compile_small(out, {"--name", "../x"}), {"../x"}); }
  SECTION("a name that is too long") {
    check_refused(compile_small(out, {"--name", std::string(61, 'a')}), {"60"});
  }
  SECTION("resolution 0") {
    check_refused(compile({"efficientnet_b0", "-o", out, "--resolution", "0"}), {"resolution"});
  }
  SECTION("classes 0") { check_refused(compile_small(out, {"--classes", "0"}), {"classes"}); }
  SECTION("too many classes") {
    check_refused(compile_small(out, {"--classes", "100001"}), {"--classes", "100000"});
  }
  SECTION("a resolution that is too large") {
    check_refused(compile({"efficientnet_b7", "-o", out, "--resolution", "65535"}), {"resolution"});
  }
  SECTION("another precision") {
    check_refused(compile_small(out, {"--precision", "int4"}), {"int4", "int8"});
  }
  SECTION("schedules that are not there") {
    check_refused(compile_small(out, {"--schedules", folder.file("none")}), {"none"});
  }
  SECTION("no output folder") { check_refused(compile({"efficientnet_b0"}), {"--output"}); }
  CHECK(names_in(folder.path().string()).empty());
}

TEST_CASE("a folder that cannot be written is named") {
  check_refused(compile_small("/proc/x"), {"/proc/x"});
  check_refused(compile_small("/dev/full"), {"/dev/full"});
  check_refused(compile_small("/dev/full/x"), {"/dev/full/x"});
  CHECK(std::filesystem::is_character_file("/dev/full"));
}

TEST_CASE("a cache folder that cannot be written is named") {
  const TemporaryFolder folder;
  const std::string out = folder.file("out");
  check_refused(
      compile({"tf_efficientnet_lite0", "-o", out, "--resolution", "64", "--cache-dir", "/proc/cache"}),
      {"/proc/cache"});
  CHECK(names_in(folder.path().string()).empty());
}

TEST_CASE("a command or an option that is not there is named, with the nearest one") {
  check_refused(run_program({EFFNETC, "comple"}), {"'comple'", "did you mean compile?"});
  check_refused(run_program({EFFNETC, "--verzion"}), {"'--verzion'", "did you mean --version?"});
  check_refused(run_program({EFFNETC}), {"subcommand"});
}

TEST_CASE("a C compiler that fails leaves nothing behind") {
  const TemporaryFolder folder;
  const std::string out = folder.file("folders/on/the/way");
  SECTION("false") { check_refused(compile_small(out, {"--cc", "false"}), {"false"}); }
  SECTION("a program that is not there") {
    check_refused(compile_small(out, {"--cc", "/nonexistent"}), {"/nonexistent"});
  }
  SECTION("nothing") { check_refused(compile_small(out, {"--cc", " "}), {"--cc"}); }
  SECTION("a compiler that writes no object") {
    const ProcessResult result = compile_small(out, {"--cc", "true"});
    check_refused(result, {});
  }
  SECTION("one that knows no other CPU") {
    for (const char* cc : {"gcc", "cc"})  // also the default's name, when it is given
      check_refused(compile_small(out, {"--target", "arm-64", "--cc", cc}), {"--target", "--cc clang"});
  }
  SECTION("a linker that fails") {
    check_refused(compile_small(out, {"--shared", "--cc", "cc -Wl,--no-such-option"}), {"cc failed"});
  }
  CHECK(names_in(folder.path().string()).empty());
}

TEST_CASE("a failure leaves the files of an earlier compilation as they are") {
  const TemporaryFolder folder;
  const std::string out = folder.path().string();
  write_file(folder.path() / "tf_efficientnet_lite0.h", "mine");
  check_refused(compile_small(out, {"--cc", "false"}), {});
  CHECK(names_in(out) == std::vector<std::string>{"tf_efficientnet_lite0.h"});
  CHECK(read_file(folder.path() / "tf_efficientnet_lite0.h") == "mine");
}

TEST_CASE("a folder in the place of a result is an error, and the other results stay as they were") {
  const TemporaryFolder folder;
  const std::vector<std::string> results = {"libtf_efficientnet_lite0.a", "libtf_efficientnet_lite0.so",
                                            "tf_efficientnet_lite0.c", "tf_efficientnet_lite0.h"};
  for (const std::string& name : results) {
    const TemporaryFolder out(folder.path());
    std::filesystem::create_directories(out.path() / name / "inner");
    check_refused(compile_small(out.path().string(), {"--shared"}), {name, "directory"});
    CHECK(names_in(out.path().string()) == std::vector<std::string>{name});
    for (const std::string& other : results)
      if (other != name) write_file(out.path() / other, "mine");
    check_refused(compile_small(out.path().string(), {"--shared"}), {name, "directory"});
    CHECK(names_in(out.path().string()) == results);
    for (const std::string& other : results)
      if (other != name) CHECK(read_file(out.path() / other) == "mine");
  }
}

TEST_CASE("a C compiler can be named by a relative path") {
  const TemporaryFolder folder;
  std::filesystem::create_symlink("/usr/bin/cc", folder.path() / "mycc");
  const ProcessResult result =
      run_program({EFFNETC, "compile", "tf_efficientnet_lite0", "--resolution", "64", "--cache-dir",
                   EFFNET_BINARY_DIR "/tests/kernels", "-o", "out", "--cc", "./mycc"},
                  {.folder = folder.path()});
  INFO(result.error);
  CHECK(result.status == 0);
}

TEST_CASE("damaged schedules are named with file and line") {
  const TemporaryFolder folder;
  const std::string out = folder.file("out");
  std::filesystem::create_directories(folder.path() / "rows" / "x86-64-v3");
  write_file(folder.path() / "rows" / "x86-64-v3" / "head.rows", "# rows\nnonsense\n");
  check_refused(compile_small(out, {"--target", "x86-64-v3", "--schedules", folder.file("rows")}),
                {"head.rows:2: "});
  CHECK(names_in(folder.path().string()) == std::vector<std::string>{"rows"});
}

TEST_CASE("a damaged row is no obstacle for another target") {
  const TemporaryFolder folder;
  std::filesystem::create_directories(folder.path() / "rows" / "x86-64-v4");
  write_file(folder.path() / "rows" / "x86-64-v4" / "head.rows", "nonsense\n");
  must_compile(folder.file("out"), {"--target", "x86-64-v3", "--schedules", folder.file("rows")});
}

TEST_CASE("default schedules are taken without looking at any row") {
  const TemporaryFolder folder;
  std::filesystem::create_directories(folder.path() / "rows" / "x86-64-v3");
  write_file(folder.path() / "rows" / "x86-64-v3" / "head.rows", "nonsense\n");
  setenv("EFFNET_SCHEDULES", folder.file("rows").c_str(), 1);
  check_refused(compile_small(folder.file("out"), {"--target", "x86-64-v3"}), {"head.rows:1: "});
  must_compile(folder.file("out"), {"--target", "x86-64-v3", "--default-schedules"});
  unsetenv("EFFNET_SCHEDULES");
}

TEST_CASE("every command explains itself with an example, and is completed in bash") {
  const ProcessResult script = run_program({EFFNETC, "completion", "bash"});
  REQUIRE(script.status == 0);
  for (const std::string command :
       {"list", "describe", "targets", "compile", "import", "tune", "scale", "completion"}) {
    INFO(command);
    const ProcessResult help = run_program({EFFNETC, command, "--help"});
    CHECK(help.status == 0);
    CHECK(contains(help.out, "Example"));
    CHECK(contains(help.out, "effnetc " + command));
    CHECK(contains(script.out, "\n    " + command + ")\n"));
  }
  const std::string use = script.out +
                          "COMP_WORDS=(effnetc compile tf_efficientnet_b)\nCOMP_CWORD=2\n_effnetc\n"
                          "echo \"${COMPREPLY[*]}\"\n"
                          "COMP_WORDS=(effnetc compile a --target arm)\nCOMP_CWORD=4\n_effnetc\n"
                          "echo \"${COMPREPLY[*]}\"\n";
  const std::vector<std::string> offered = lines_of(run_program({"bash", "-c", use}).out);
  REQUIRE(offered.size() == 2);
  CHECK(contains(offered[0], "tf_efficientnet_b0 "));
  CHECK(contains(offered[0], "tf_efficientnet_b7"));
  CHECK_FALSE(contains(offered[0], "lite"));
  CHECK(contains(offered[1], "arm-64"));
  CHECK_FALSE(contains(script.out, "compile-kernel"));
}

}  // namespace

}  // namespace effnet::test
