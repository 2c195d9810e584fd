// llvm-mca: which one is found, and what is known better than its models.
#include "autotune/mca.h"

#include <cstdlib>
#include <filesystem>

#include "generators/target.h"
#include "tests/catch.h"
#include "tests/support/temporary.h"

namespace effnet::test {
namespace {

// A PATH of one folder with programs that print so.
class OnlyPath {
 public:
  explicit OnlyPath(const std::vector<std::pair<std::string, std::string>>& programs)
      : before_(std::getenv("PATH")) {
    for (const auto& [name, version] : programs) {
      write_file(folder_.path() / name,
                 "#!/bin/sh\necho 'LLVM (http://llvm.org/):'\necho '  " + version + "'\n");
      std::filesystem::permissions(folder_.path() / name, std::filesystem::perms::owner_all);
    }
    setenv("PATH", folder_.path().c_str(), 1);
  }
  ~OnlyPath() { setenv("PATH", before_.c_str(), 1); }

 private:
  TemporaryFolder folder_;
  std::string before_;
};

std::string found_mca(const std::vector<std::pair<std::string, std::string>>& programs) {
  const OnlyPath path(programs);
  const Result<std::string> found = find_mca();
  return found ? *found : found.message();
}

TEST_CASE("the newest llvm-mca is taken, one without a version in its name last and not below 16") {
  const std::string too_old = "LLVM version 14.0.6", right = "Debian LLVM version 19.1.7";
  CHECK(found_mca({{"llvm-mca-16", ""}, {"llvm-mca-19", ""}, {"llvm-mca", right}}) == "llvm-mca-19");
  CHECK(found_mca({{"llvm-mca", right}}) == "llvm-mca");
  for (const std::string& version : {too_old, std::string("no version"), std::string("LLVM version x")})
    CHECK(found_mca({{"llvm-mca", version}}).find("16 or newer") != std::string::npos);
  CHECK(found_mca({{"llvm-mca-14", right}}).find("16 or newer") != std::string::npos);
}

TEST_CASE("Zen 4 multiplies pairs and quadruples as often as single numbers") {
  const Result<std::string> mca = find_mca();
  REQUIRE(mca);
  const Result<CpuModel> cpu = find_cpu_model("znver4", *find_target("znver4"));
  REQUIRE(cpu);
  for (const std::string factor : {"%zmm30", "(%rdi)"}) {
    std::vector<std::vector<std::string>> code;
    for (const std::string product : {"vfmadd231ps", "vdpbf16ps", "vpdpbusd"}) {
      code.emplace_back();
      for (int i = 0; i < 16; ++i)
        code.back().push_back(product + "\t" + factor + ", %zmm31, %zmm" + std::to_string(i));
    }
    const auto cycles = simulated_cycles(*mca, *cpu, code);
    REQUIRE(cycles);
    CHECK((*cycles)[0] == Approx(16).margin(0.5));
    CHECK((*cycles)[1] == (*cycles)[0]);
    CHECK((*cycles)[2] == (*cycles)[0]);
  }
}

TEST_CASE("a server multiplies 512 bits on two ports, and its vectors on the stack lie across lines") {
  const Result<std::string> mca = find_mca();
  REQUIRE(mca);
  std::vector<std::string> products, stores, stack_stores, stack_loads;
  for (int i = 0; i < 16; ++i) {
    const std::string vector = "%zmm" + std::to_string(i), place = std::to_string(64 * i);
    products.push_back("vfmadd231ps %zmm30, %zmm31, " + vector);
    stores.push_back("vmovups " + vector + ", " + place + "(%rdi)");
    stack_stores.push_back("vmovups " + vector + ", " + place + "(%rsp)");
    stack_loads.push_back("vmovups " + place + "(%rsp), " + vector);
  }
  for (const std::string name : {"icelake-server", "sapphirerapids"}) {
    const Result<CpuModel> cpu = find_cpu_model(name, *find_target("x86-64-v4"));
    REQUIRE(cpu);
    const auto cycles = simulated_cycles(*mca, *cpu, {products, stores, stack_stores, stack_loads});
    REQUIRE(cycles);
    CHECK((*cycles)[0] == Approx(8).margin(0.5));
    CHECK((*cycles)[1] == Approx(16).margin(0.5));
    CHECK((*cycles)[2] == Approx(32).margin(0.5));
    CHECK((*cycles)[3] == Approx(16).margin(0.5));
  }
}

}  // namespace
}  // namespace effnet::test
