// A project for another CPU: effnetc runs on this machine, the runtime is built with the project (add_subdirectory).
#include "tests/catch.h"
#include "tests/install/downstream.h"

namespace effnet::test {
namespace {

TEST_CASE("a cross-compiled project takes effnetc from this machine and runs under qemu") {
  const TemporaryFolder folder;
  write_file(
      folder.path() / "aarch64.cmake",
      "set(CMAKE_SYSTEM_NAME Linux)\nset(CMAKE_SYSTEM_PROCESSOR aarch64)\n"
      "set(CMAKE_C_COMPILER clang)\nset(CMAKE_CXX_COMPILER clang++)\n"
      "set(CMAKE_C_COMPILER_TARGET aarch64-linux-gnu)\nset(CMAKE_CXX_COMPILER_TARGET aarch64-linux-gnu)\n"
      "set(CMAKE_EXE_LINKER_FLAGS_INIT -static)\n");
  write_file(
      folder.path() / "main.c",
      "#include <stdio.h>\n#include \"small.h\"\nint main(void) {\n  effnet_model *model;\n"
      "  char error[200];\n  effnet_options options = {.error = error, .error_bytes = sizeof error};\n"
      "  if (small_open_embedded(&options, &model)) return puts(error), 1;\n"
      "  static float input[3 * SMALL_RESOLUTION * SMALL_RESOLUTION], logits[SMALL_CLASSES];\n"
      "  if (effnet_run(model, input, logits)) return puts(effnet_error(model)), 1;\n"
      "  printf(\"%s %s\\n\", effnet_get_info(model)->target, logits[0] == logits[0] ? \"ran\" : \"nan\");\n"
      "  effnet_close(model);\n}\n");
  write_file(folder.path() / "CMakeLists.txt",
             "cmake_minimum_required(VERSION 3.25)\nproject(p LANGUAGES C CXX)\n"
             "add_subdirectory(" EFFNET_SOURCE_DIR
             " effnet)\n"
             "effnet_add_library(small NETWORK tf_efficientnet_lite0 RESOLUTION 64 TARGETS arm-64\n"
             "                   WEIGHTS \"" +
                 published_weights("lite0") +
                 "\" EMBED)\n"
                 "add_executable(main main.c)\ntarget_link_libraries(main small)\n");
  const std::string toolchain = "-DCMAKE_TOOLCHAIN_FILE=" + folder.file("aarch64.cmake");
  const Downstream project(folder.path(), folder.file("build"));
  project.must_configure({toolchain, "-DEFFNET_EFFNETC=" INSTALL_PREFIX "/bin/effnetc"});
  project.must_build();
  CHECK(must_run("qemu-aarch64 " + project.file("main")).out == "arm-64 ran\n");

  SECTION("the runtime for this CPU is not taken for another") {
    write_file(
        folder.path() / "CMakeLists.txt",
        "cmake_minimum_required(VERSION 3.20)\nproject(p LANGUAGES C)\nfind_package(EffNet REQUIRED)\n");
    const ProcessResult found = Downstream(folder.path(), folder.file("other")).configure({toolchain});
    CHECK(found.status != 0);
    CHECK(found.error.find("its runtime is for x86_64") != std::string::npos);
  }
  SECTION("without an effnetc for this machine, the project says so") {
    const ProcessResult found = Downstream(folder.path(), folder.file("other")).configure({toolchain});
    CHECK(found.status != 0);
    CHECK(found.error.find("EFFNET_EFFNETC") != std::string::npos);
  }
}

}  // namespace
}  // namespace effnet::test
