// Which targets libraries are compiled for, and in which order a library tries them.
#include "generators/target.h"

#include "tests/catch.h"

namespace effnet::test {

namespace {

std::vector<std::string> names_of(const std::string& list) {
  const Result<std::vector<CpuTarget>> targets = find_targets(list);
  INFO((targets ? "" : targets.message()));
  REQUIRE(targets);
  std::vector<std::string> names;
  for (const CpuTarget& target : *targets) names.push_back(target.name);
  return names;
}

TEST_CASE("the most capable target comes first, in whatever order they are named") {
  using Names = std::vector<std::string>;
  CHECK(names_of("x86-64,x86-64-v3") == Names{"x86-64-v3", "x86-64"});
  CHECK(names_of("x86-64-v3,znver4,x86-64,x86-64-v4,x86-64-v2") ==
        Names{"znver4", "x86-64-v4", "x86-64-v3", "x86-64-v2", "x86-64"});
  CHECK(names_of("x86-64-linux,x86-64-linux-avx-sse41") == Names{"x86-64-linux-avx-sse41", "x86-64-linux"});
}

TEST_CASE("a Halide target string needs what its features need") {
  const Result<CpuTarget> cannonlake = find_target("x86-64-linux-avx512_cannonlake");
  REQUIRE(cannonlake);
  CHECK(cannonlake->cpu_features == std::vector<std::string>{"SSE41", "AVX", "AVX2", "FMA", "F16C", "AVX512",
                                                             "AVX512_VL", "AVX512_VNNI"});
  CHECK(cannonlake->machine.registers == 32);
  const Result<CpuTarget> arm = find_target("arm-64-linux-arm_dot_prod");
  REQUIRE(arm);
  CHECK(arm->c_flags == find_target("arm-64")->c_flags);
}

TEST_CASE("bf16 is recommended where an instruction multiplies it faster than float32") {
  for (const CpuTarget& target : cpu_targets())
    CHECK((target.fastest_precision() == Precision::bf16) == (target.name == "znver4"));
  CHECK(find_target("x86-64-linux-avx512_zen4")->fastest_precision() == Precision::bf16);
  CHECK(find_target("x86-64-linux-avx512_sapphirerapids")->fastest_precision() == Precision::fp32);
  CHECK(find_target("x86-64-linux-avx512_cannonlake")->fastest_precision() == Precision::fp32);
}

TEST_CASE("targets of other operating systems are listed, taken by Halide's names too, and never run here") {
  for (const char* name :
       {"android-arm-64", "macos-arm-64", "windows-x86-64-v3", "riscv-64-rvv", "wasm-32"}) {
    INFO(name);
    const Result<CpuTarget> target = find_target(name);
    REQUIRE(target);
    CHECK_FALSE(runs_here(*target));
    CHECK(target->is_foreign());
    CHECK(target->tested == "compiled, not run here");
  }
  const Result<CpuTarget> windows = find_target("x86-64-windows-avx2-fma");
  REQUIRE(windows);
  CHECK(windows->c_flags == find_target("windows-x86-64-v3")->c_flags);
  CHECK(find_target("wasm-32-wasmrt-wasm_simd128"));
}

TEST_CASE("what a library could not be checked or linked for is refused by name") {
  for (const auto& [target, part] : {std::pair{"x86-64-linux-user_context", "user_context"},
                                     {"x86-64-linux-profile", "profile"},
                                     {"x86-64-linux-debug", "debug"},
                                     {"x86-64-linux-avx512_knl", "avx512_knl"},
                                     {"x86-64-linux-cuda", "cuda"},
                                     {"arm-64-linux-sve", "sve"},
                                     {"x86-64-osx", "x86-64-osx"},
                                     {"x86-32-linux", "x86-32-linux"},
                                     {"riscv-64-linux-rvv-vector_bits_256", "riscv-64-rvv"},
                                     {"arm-64-windows", "arm-64-windows"}}) {
    const Result<CpuTarget> found = find_target(target);
    INFO(target);
    REQUIRE_FALSE(found);
    CHECK(found.message().find(part) != std::string::npos);
  }
  const Result<std::vector<CpuTarget>> mixed = find_targets("x86-64,arm-64");
  REQUIRE_FALSE(mixed);
  CHECK(mixed.message().find("architecture") != std::string::npos);
  CHECK_FALSE(find_targets("arm-64,macos-arm-64"));
}

}  // namespace

}  // namespace effnet::test
