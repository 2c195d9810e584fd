// What a compiled library's files hold.
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <sstream>

#include "generators/target.h"
#include "pipeline/emit.h"
#include "tests/catch.h"
#include "tests/pipeline/effnetc_program.h"

namespace effnet::test {

namespace {

bool begins_with(const std::string& text, const std::string& beginning) {
  return text.rfind(beginning, 0) == 0;
}

// The first words of `nm`'s lines: symbols.
std::vector<std::string> symbols(const std::string& archive, const std::string& which) {
  const ProcessResult nm = run_program({"nm", "-g", "--format=posix", which, archive});
  INFO(nm.error);
  REQUIRE(nm.status == 0);
  std::vector<std::string> names;
  for (const std::string& line : lines_of(nm.out))
    if (!line.empty() && line.back() != ':') names.push_back(line.substr(0, line.find(' ')));
  return names;
}

struct Files {
  std::string archive, source, header;
  bool operator==(const Files&) const = default;
};

Files files_of(const std::string& folder, const std::string& name) {
  return {read_file(folder + "/lib" + name + ".a"), read_file(folder + "/" + name + ".c"),
          read_file(folder + "/" + name + ".h")};
}

TEST_CASE("a compilation gives the same bytes again") {
  const TemporaryFolder first, second, caches;
  must_compile(first.file("a"), {"--name", "small"});
  const Files files = files_of(first.file("a"), "small");
  CHECK(names_in(first.file("a")) == std::vector<std::string>{"libsmall.a", "small.c", "small.h"});

  const auto check_same = [&](const std::string& folder) {
    const Files other = files_of(folder, "small");
    CHECK(files.archive == other.archive);
    CHECK(files.source == other.source);
    CHECK(files.header == other.header);
  };
  SECTION("in another folder") {
    must_compile(second.file("much/longer/folder"), {"--name", "small"});
    check_same(second.file("much/longer/folder"));
  }
  SECTION("by another user, at another time, in another place") {
    std::vector<std::string> command = {"sh", "-c", "umask 077 && sleep 2 && exec \"$@\"", "sh"};
    for (const std::string& word : small_command(second.file("b"), {"--name", "small"}))
      command.push_back(word);
    const ProcessResult result = run_program(command, {.environment = {{"HOME", second.file("home")},
                                                                       {"USER", "somebody"},
                                                                       {"LOGNAME", "somebody"},
                                                                       {"TZ", "Pacific/Auckland"},
                                                                       {"LC_ALL", "C.UTF-8"},
                                                                       {"TMPDIR", second.path().string()}}});
    INFO(result.error);
    REQUIRE(result.status == 0);
    check_same(second.file("b"));
    // Every member: written at 0 by user 0 of group 0.
    const ProcessResult members = run_program({"ar", "tv", second.file("b") + "/libsmall.a"});
    REQUIRE(members.status == 0);
    for (const std::string& line : lines_of(members.out)) {
      INFO(line);
      CHECK(line.find(" 0/0 ") != std::string::npos);
      CHECK(line.find(" 1970 ") != std::string::npos);
    }
  }
  SECTION("with one job at a time and an empty cache") {
    must_compile(second.file("b"), {"--name", "small", "--jobs", "1", "--cache-dir", caches.file("one")});
    check_same(second.file("b"));
  }
  SECTION("with many jobs and an empty cache") {
    must_compile(second.file("b"), {"--name", "small", "--jobs", "16", "--cache-dir", caches.file("many")});
    check_same(second.file("b"));
  }
}

TEST_CASE("two compilations at a time share a cache") {
  const TemporaryFolder folder;
  const std::string command = EFFNETC
                              " compile tf_efficientnet_lite0 --resolution 64 --name small --cache-dir " +
                              folder.file("cache") + " -o ";
  const ProcessResult both = run_program(
      {"sh", "-c",
       command + folder.file("a") + " & first=$!; " + command + folder.file("b") + " && wait $first"});
  INFO(both.error);
  REQUIRE(both.status == 0);
  CHECK(files_of(folder.file("a"), "small") == files_of(folder.file("b"), "small"));
  for (const std::string& name : names_in(folder.file("cache"))) {
    INFO(name);
    CHECK(name.find("tmp") == std::string::npos);
  }
}

TEST_CASE("a damaged object in the cache is compiled again") {
  const TemporaryFolder folder;
  const std::string cache = folder.file("cache");
  must_compile(folder.file("a"), {"--name", "small", "--cache-dir", cache});
  for (const std::string& name : names_in(cache)) write_file(cache + "/" + name, "");
  must_compile(folder.file("b"), {"--name", "small", "--cache-dir", cache});
  CHECK(files_of(folder.file("a"), "small") == files_of(folder.file("b"), "small"));
}

TEST_CASE("what killed compilations left in the cache goes when it is old") {
  const TemporaryFolder folder;
  const std::string cache = folder.file("cache"), left = cache + "/0123.o.77.tmp.o";
  std::filesystem::create_directories(cache);
  write_file(left, "half");
  must_compile(folder.file("a"), {"--cache-dir", cache});
  CHECK(std::filesystem::exists(left));
  std::filesystem::last_write_time(left,
                                   std::filesystem::file_time_type::clock::now() - std::chrono::hours(2));
  must_compile(folder.file("a"), {"--cache-dir", cache});
  CHECK_FALSE(std::filesystem::exists(left));
}

TEST_CASE("the head comment names all targets, however many") {
  const Result<Network> network = build_network(*find_network("tf_efficientnet_lite0"));
  const Result<Plan> plan = make_plan(*network, {*find_target("x86-64"), 1, nullptr});
  REQUIRE(plan);
  LibraryPlan library{"many", std::vector<Plan>(40, *plan)};
  for (Plan& variant : library.variants) variant.target.name = std::string(100, 't');
  const std::string header = emit_header(library, 4096);
  CHECK(header.find("t. Generated") != std::string::npos);
  CHECK(header.find("*/\n#ifndef MANY_H") != std::string::npos);
}

TEST_CASE("no file names a folder of the machine that compiled it") {
  const TemporaryFolder folder;
  must_compile(folder.path().string(), {"--name", "small"});
  const Files files = files_of(folder.path().string(), "small");
  for (const std::string& text : {files.archive, files.source, files.header}) {
    CHECK(text.find(folder.path().string()) == std::string::npos);
    CHECK(text.find(EFFNET_BINARY_DIR) == std::string::npos);
    CHECK(text.find(EFFNET_SOURCE_DIR) == std::string::npos);
    CHECK(text.find("placeholder") == std::string::npos);
  }
}

TEST_CASE("an archive's symbols, of one target or several") {
  const TemporaryFolder folder;
  const std::string targets = GENERATE("host", "x86-64-v3,x86-64");
  must_compile(folder.path().string(), {"--name", "small", "--target", targets});
  const std::string archive = folder.file("libsmall.a");
  const std::vector<std::string> defined = symbols(archive, "--defined-only");
  CHECK(defined.size() > 4);
  for (const std::string& symbol : defined) {
    INFO(symbol);
    CHECK(begins_with(symbol, "small_"));
  }
  const std::vector<std::string> libc = {"memset", "memcpy", "memmove", "expf", "_GLOBAL_OFFSET_TABLE_"};
  for (const std::string& symbol : symbols(archive, "--undefined-only")) {
    INFO(symbol);
    const bool defined_here = std::find(defined.begin(), defined.end(), symbol) != defined.end();
    const bool allowed = std::find(libc.begin(), libc.end(), symbol) != libc.end();
    CHECK((defined_here || allowed || begins_with(symbol, "effnet_")));
  }
}

TEST_CASE("an archive runs nothing before main and has nothing that can be written") {
  const TemporaryFolder folder;
  must_compile(folder.path().string(), {"--name", "small", "--target", "x86-64-v3,x86-64"});
  for (const std::string& archive :
       {folder.file("libsmall.a"), std::string(EFFNET_BINARY_DIR "/lib/libeffnet.a")}) {
    const ProcessResult sections = run_program({"readelf", "-S", "-W", archive});
    REQUIRE(sections.status == 0);
    CHECK(sections.out.find(".text") != std::string::npos);
    for (const char* section : {".init_array", ".fini_array", ".ctors", ".dtors", ".preinit_array"})
      CHECK(sections.out.find(section) == std::string::npos);
  }
  // No global variable; constants that hold addresses are lower case d.
  const ProcessResult nm = run_program({"nm", folder.file("libsmall.a")});
  REQUIRE(nm.status == 0);
  for (const std::string& line : lines_of(nm.out)) {
    INFO(line);
    for (const char* kind : {" B ", " b ", " D ", " C ", " V ", " u "})
      CHECK(line.find(kind) == std::string::npos);
  }
}

TEST_CASE("the runtime defines only effnet_ symbols") {
  const std::vector<std::string> defined = symbols(EFFNET_BINARY_DIR "/lib/libeffnet.a", "--defined-only");
  CHECK_FALSE(defined.empty());
  for (const std::string& symbol : defined) {
    INFO(symbol);
    CHECK(begins_with(symbol, "effnet_"));
  }
}

TEST_CASE("the generated C has no warnings, and the header is C++ as well") {
  const TemporaryFolder folder;
  must_compile(folder.path().string(), {"--name", "small", "--target", "x86-64-v3,x86-64"});
  int compilers = 0;
  for (const char* compiler : {"gcc", "clang"}) {
    if (run_program({compiler, "--version"}).status != 0) continue;
    ++compilers;
    INFO(compiler);
    ProcessOptions inside;
    inside.folder = folder.path();
    const auto check = [&](std::vector<std::string> arguments) {
      arguments.insert(arguments.begin(), compiler);
      for (const char* flag :
           {"-Wall", "-Wextra", "-Werror", "-pedantic", "-I", EFFNET_BINARY_DIR "/include"})
        arguments.emplace_back(flag);
      const ProcessResult result = run_program(arguments, inside);
      INFO(result.error);
      CHECK(result.status == 0);
    };
    check({"-std=c11", "-O2", "-c", "small.c", "-o", "small.o"});
    check({"-x", "c", "-std=c11", "-fsyntax-only", "small.h", "-Wno-unused-parameter"});
    write_file(folder.path() / "both.cc",
               "#include \"small.h\"\n#include \"small.h\"\nint main() { return 0; }\n");
    check({"-x", "c++", "-std=c++11", "-fsyntax-only", "both.cc"});
  }
  CHECK(compilers > 0);
}

TEST_CASE("a fat library has the kernels of every target") {
  const TemporaryFolder folder;
  must_compile(folder.path().string(), {"--name", "fat", "--target", "x86-64-v3,x86-64"});
  int v3 = 0, baseline = 0;
  for (const std::string& symbol : symbols(folder.file("libfat.a"), "--defined-only")) {
    if (begins_with(symbol, "fat_x86_64_v3_k"))
      ++v3;
    else if (begins_with(symbol, "fat_x86_64_k"))
      ++baseline;
  }
  CHECK(v3 > 10);
  CHECK(baseline > 10);
}

TEST_CASE("a shared library exports only what begins with its name or effnet_") {
  const TemporaryFolder folder;
  must_compile(folder.path().string(), {"--name", "small", "--shared", "--target", "x86-64-v3,x86-64"});
  const ProcessResult nm =
      run_program({"nm", "-D", "--defined-only", "--format=posix", folder.file("libsmall.so")});
  REQUIRE(nm.status == 0);
  CHECK_FALSE(lines_of(nm.out).empty());
  for (const std::string& line : lines_of(nm.out)) {
    INFO(line);
    CHECK((begins_with(line, "small_") || begins_with(line, "effnet_")));
  }
}

}  // namespace

}  // namespace effnet::test
