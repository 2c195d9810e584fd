// What cmake --install leaves, and that it works where the build folder is not.
#include <algorithm>

#include "tests/catch.h"
#include "tests/install/downstream.h"

namespace effnet::test {
namespace {

namespace fs = std::filesystem;

const std::string prefix = INSTALL_PREFIX;

TEST_CASE(
    "an installation has the programs, the runtime, schedules and the packages of CMake and pkg-config") {
  for (const char* file :
       {"bin/effnetc", "bin/effnet", "lib/libeffnet.a", "lib/effnet/libHalide.so", "include/effnet.h",
        "include/effnet.hpp", "include/effnet_program.h",
        "share/effnet/schedules/znver4/expand_depthwise.rows", "share/effnet/candidate/main.c",
        "lib/cmake/EffNet/EffNetConfig.cmake", "lib/cmake/EffNet/EffNetConfigVersion.cmake",
        "lib/cmake/EffNet/EffNetLibrary.cmake", "lib/cmake/EffNet/EffNetTargets.cmake",
        "lib/cmake/EffNet/EffNetCompiler.cmake", "lib/pkgconfig/effnet.pc",
        "share/doc/effnet/THIRD_PARTY_NOTICES.md"}) {
    INFO(file);
    CHECK(fs::is_regular_file(prefix + "/" + file));
  }
}

TEST_CASE("no installed file names a folder of the build or of its tools") {
  int files = 0;
  for (const auto& entry : fs::recursive_directory_iterator(prefix)) {
    if (!entry.is_regular_file() || entry.path().filename() == "libHalide.so") continue;
    INFO(entry.path());
    const std::string text = read_file(entry.path());
    CHECK(text.find(EFFNET_BINARY_DIR) == std::string::npos);
    CHECK(text.find(EFFNET_SOURCE_DIR) == std::string::npos);
    CHECK(text.find(".venv") == std::string::npos);
    ++files;
  }
  CHECK(files > 15);
}

TEST_CASE("a moved installation compiles, imports and classifies") {
  const TemporaryFolder folder;
  const std::string moved = folder.file("else where"), out = folder.file("out");
  must_run("cp -al '" + prefix + "' '" + moved + "'");
  const std::string effnetc = "'" + moved + "/bin/effnetc'";
  const std::string libraries = must_run("ldd " + effnetc).out;
  CHECK(libraries.find(moved + "/bin/../lib/effnet/libHalide.so") != std::string::npos);
  CHECK(must_run("ldd '" + moved + "/bin/effnet'").out.find("Halide") == std::string::npos);

  must_run(effnetc + " compile tf_efficientnet_lite0 --target host --shared --cache-dir " + kernel_cache() +
           " -o " + out);
  must_run(effnetc + " import tf_efficientnet_lite0 " + published_weights("lite0") + " -o " + out +
           "/w.weights");
  const std::string classify = "'" + moved + "/bin/effnet' classify " + out + "/libtf_efficientnet_lite0.so";
  const std::string answer =
      must_run(classify + " --top 1 --weights " + out + "/w.weights " EFFNET_SOURCE_DIR "/samples/coffee.png")
          .out;
  CHECK(answer.find("espresso") != std::string::npos);
}

TEST_CASE("headers need no other file and have no warnings") {
  const TemporaryFolder folder;
  write_file(folder.path() / "use.c", "#include <effnet.h>\n#include <effnet_program.h>\nint used;\n");
  write_file(folder.path() / "use.cc", "#include <effnet.hpp>\nint used;\n");
  for (const char* compiler : {"gcc", "clang"}) {
    const std::string command = std::string(compiler) + " -Wall -Wextra -Werror -pedantic -nostdinc++ ";
    const std::string where = "-fsyntax-only -I " + prefix + "/include " + folder.file("use.c");
    must_run(command + "-std=c11 " + where);
    must_run(command + "-std=c++11 -x c++ " + where);
    must_run(std::string(compiler) +
             " -Wall -Wextra -Werror -pedantic -std=c++20 -fno-exceptions -fno-rtti " + where + "c");
  }
}

TEST_CASE("a package of another version is not taken") {
  const TemporaryFolder folder;
  const Downstream project(folder.path(), folder.file("build"));
  write_file(
      folder.path() / "CMakeLists.txt",
      "cmake_minimum_required(VERSION 3.20)\nproject(p LANGUAGES C)\nfind_package(EffNet 7 REQUIRED)\n");
  const ProcessResult result = project.configure();
  CHECK(result.status != 0);
  CHECK(result.error.find("version") != std::string::npos);
}

// The error of a project that calls effnet_add_library so, behind other commands.
std::string error_of_call(const std::string& arguments, const std::string& before = "") {
  const TemporaryFolder folder;
  const Downstream project(folder.path(), folder.file("build"));
  write_file(folder.path() / "CMakeLists.txt",
             "cmake_minimum_required(VERSION 3.20)\nproject(p LANGUAGES C)\nfind_package(EffNet REQUIRED)\n" +
                 before + "effnet_add_library(" + arguments + ")\n");
  const ProcessResult result = project.configure();
  CHECK(result.status != 0);
  std::string text = result.error;  // CMake breaks lines
  std::replace(text.begin(), text.end(), '\n', ' ');
  for (std::size_t at; (at = text.find("  ")) != std::string::npos;) text.erase(at, 1);
  return text;
}

TEST_CASE("a wrong call of effnet_add_library says what would be right") {
  CHECK(error_of_call("a-b NETWORK efficientnet_b0").find("letters, digits and underscores") !=
        std::string::npos);
  CHECK(error_of_call("cats").find("NETWORK is needed") != std::string::npos);
  CHECK(error_of_call("cats NETWORK").find("NETWORK needs a value") != std::string::npos);
  CHECK(error_of_call("cats NETWORK efficientnet_b0 EMBED").find("EMBED needs WEIGHTS") != std::string::npos);
  CHECK(error_of_call("cats NETWORK efficientnet_b0 TARGET host").find("no argument 'TARGET;host'") !=
        std::string::npos);
  const std::string spaced =
      error_of_call("cats NETWORK efficientnet_b0", "set(CMAKE_C_COMPILER \"/my tools/cc\")\n");
  CHECK(spaced.find("the path of the C compiler has a space: /my tools/cc") != std::string::npos);
}

}  // namespace
}  // namespace effnet::test
