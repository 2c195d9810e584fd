// Libraries for other operating systems and architectures: compiled here, their objects inspected, not run.
#include <set>

#include "generators/target.h"
#include "tests/catch.h"
#include "tests/pipeline/effnetc_program.h"

namespace effnet::test {

namespace {

struct Foreign {
  std::string target, format;             // as llvm-readobj names it
  std::string before_symbols;             // what this format puts before every C name
  std::set<std::string> from_the_system;  // may be undefined besides the runtime's functions
};

const std::vector<Foreign> all = {
    {"android-arm-64", "elf64-littleaarch64", "", {"memset"}},
    {"macos-arm-64", "Mach-O arm64", "_", {"bzero"}},
    {"windows-x86-64-v3", "COFF-x86-64", "", {"memset", "_fltused"}},
    {"riscv-64-rvv", "elf64-littleriscv", "", {"memset"}},
    {"wasm-32", "WASM", "", {"__stack_pointer"}},
};

const std::set<std::string> of_the_runtime = {"effnet_open_program", "effnet_open_program_memory",
                                              "effnet_program_arena_bytes", "effnet_run_step"};

std::vector<std::string> lines_of_tool(const std::vector<std::string>& command) {
  const ProcessResult result = run_program(command);
  INFO(command[0] << ": " << result.error);
  REQUIRE(result.status == 0);
  return lines_of(result.out);
}

// Of an archive: `which` is --defined-only or --undefined-only; without what the format adds.
std::set<std::string> external_symbols(const std::string& archive, const std::string& which,
                                       const std::string& before) {
  std::set<std::string> names;
  for (const std::string& line :
       lines_of_tool({EFFNET_LLVM_NM, "--extern-only", "--format=posix", which, archive})) {
    if (line.empty() || line.back() == ':') continue;
    std::string name = line.substr(0, line.find(' '));
    if (!before.empty() && name.starts_with(before)) name.erase(0, before.size());
    names.insert(name);
  }
  return names;
}

TEST_CASE("every listed target that is only compiled here is inspected here") {
  std::set<std::string> inspected, listed;
  for (const Foreign& f : all) inspected.insert(f.target);
  for (const CpuTarget& target : cpu_targets())
    if (target.tested == "compiled, not run here") listed.insert(target.name);
  CHECK(inspected == listed);
}

TEST_CASE("libraries for other systems hold their system's objects and define their own names only") {
  for (const Foreign& f : all) {
    INFO(f.target);
    const TemporaryFolder folder;
    must_compile(folder.path().string(), {"--name", "small", "--target", f.target});
    const std::string archive = folder.file("libsmall.a");
    int objects = 0;
    for (const std::string& line : lines_of_tool({EFFNET_LLVM_READOBJ, "--file-headers", archive})) {
      if (!line.starts_with("Format: ")) continue;
      CHECK(line.substr(8) == f.format);
      ++objects;
    }
    CHECK(objects > 20);

    const std::set<std::string> defined = external_symbols(archive, "--defined-only", f.before_symbols);
    CHECK(defined.count("small_open_memory") == 1);
    CHECK(defined.count("small_arena_bytes") == 1);
    for (const std::string& name : defined) {
      INFO(name);
      const bool is_constant = name.starts_with("__real@") || name.starts_with("__xmm@") ||
                               name.starts_with("__ymm@");  // merged constants of COFF
      CHECK((name.starts_with("small_") || is_constant));
    }
    for (const std::string& name : external_symbols(archive, "--undefined-only", f.before_symbols)) {
      INFO(name);
      CHECK((defined.count(name) + of_the_runtime.count(name) + f.from_the_system.count(name)) == 1);
    }
  }
}

TEST_CASE("their archives are the same bytes again") {
  const TemporaryFolder first, second;
  for (const TemporaryFolder* folder : {&first, &second})
    must_compile(folder->path().string(), {"--name", "small", "--target", "wasm-32"});
  CHECK(read_file(first.file("libsmall.a")) == read_file(second.file("libsmall.a")));
}

TEST_CASE("shared libraries are made for this kind of machine only") {
  for (const char* target : {"macos-arm-64", "arm-64"}) {
    INFO(target);
    const TemporaryFolder folder;
    const ProcessResult result =
        compile_small(folder.file("out"), {"--name", "small", "--shared", "--target", target});
    CHECK(result.status != 0);
    CHECK(result.error.find("shared libraries are made for this machine's kind") != std::string::npos);
    CHECK_FALSE(std::filesystem::exists(folder.file("out")));
  }
}

}  // namespace

}  // namespace effnet::test
