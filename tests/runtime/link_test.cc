// What the archive promises to whoever links it. CMake passes
// the compilers, the archive and the sanitizer's flags.
#include <array>
#include <cstdio>
#include <cstdlib>
#include <sstream>
#include <string>

#include "tests/catch.h"

namespace {

struct Output {
  int status;
  std::string text;
};

Output run(const std::string& command) {
  Output out = {-1, ""};
  FILE* pipe = popen((command + " 2>&1").c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::array<char, 4096> buffer;
  while (std::size_t bytes = fread(buffer.data(), 1, buffer.size(), pipe))
    out.text.append(buffer.data(), bytes);
  out.status = pclose(pipe);
  return out;
}

void check_runs(const std::string& command) {
  Output out = run(command);
  INFO(command << "\n" << out.text);
  CHECK(out.status == 0);
}

const std::string folder = EFFNET_SOURCE_DIR "/tests/runtime/link/";
const std::string include = " -I" EFFNET_SOURCE_DIR "/runtime/include ";
const std::string strict = " -Wall -Wextra -Werror -pedantic ";
const std::string archive = EFFNET_ARCHIVE;
const std::string flags = " " EFFNET_SANITIZER_FLAGS " ";
const std::string built = EFFNET_BINARY_DIR "/tests/link_";

TEST_CASE("the archive defines only symbols that begin with effnet_") {
  Output out = run("nm --defined-only --extern-only --format=posix " + archive);
  INFO(out.text);
  REQUIRE(out.status == 0);
  std::istringstream lines(out.text);
  int symbols = 0;
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line.back() == ':') continue;
    CHECK(line.rfind("effnet_", 0) == 0);
    ++symbols;
  }
  CHECK(symbols == 20);
}

TEST_CASE("the archive needs nothing of the C++ run time, no stdio and no abort") {
  Output out = run("nm --undefined-only --format=posix " + archive);
  REQUIRE(out.status == 0);
  std::istringstream lines(out.text);
  for (std::string line; std::getline(lines, line);) {
    INFO(line);
    for (const char* prefix :
         {"_Z", "__cxa", "__gxx", "_Unwind", "printf", "fprintf", "puts", "abort", "exit"}) {
      CHECK(line.rfind(prefix, 0) != 0);
    }
  }
}

TEST_CASE("a C application compiles without a warning and links with a plain C compiler") {
  check_runs(EFFNET_CC " -std=c11 " + strict + include + flags + folder + "application.c " + archive +
             " -lm -lpthread -o " + built + "c && " + built + "c");
}

TEST_CASE("a C++ application links without libstdc++") {
  check_runs(EFFNET_CXX " -std=c++20 -fno-exceptions -fno-rtti " + strict + include + flags + "-c " + folder +
             "application.cc -o " + built + "cc.o && " EFFNET_CC " " + flags + built + "cc.o " + archive +
             " -lm -lpthread -o " + built + "cc && " + built + "cc");
}

TEST_CASE("the headers compile in every language version and compiler that they promise") {
  int compilers = 0;
  for (const char* compiler : {EFFNET_CC, "gcc", "clang"}) {
    if (run(std::string(compiler) + " --version").status != 0) continue;
    ++compilers;
    for (const char* header : {"effnet.h", "effnet_program.h"}) {
      std::string source = "echo '#include \"" + std::string(header) + "\"' | " + compiler;
      check_runs(source + " -x c -std=c11 -fsyntax-only" + strict + include + "-");
      check_runs(source + " -x c++ -std=c++11 -fsyntax-only" + strict + include + "-");
    }
    check_runs("echo '#include \"effnet.hpp\"' | " + std::string(compiler) +
               " -x c++ -std=c++20 -fno-exceptions -fsyntax-only" + strict + include + "-");
  }
  CHECK(compilers > 0);
}

}  // namespace
