#include "generators/target.h"

#include <Halide.h>

#include <algorithm>
#include <set>
#include <sstream>

#include "base/text.h"

namespace effnet {

namespace {

const std::vector<std::string> avx2_features = {"SSE41", "AVX", "AVX2", "FMA", "F16C"};

std::vector<std::string> with(std::vector<std::string> features, const std::vector<std::string>& more) {
  features.insert(features.end(), more.begin(), more.end());
  return features;
}

#if defined(__x86_64__)
bool cpu_is_amd() { return __builtin_cpu_is("amd"); }
#else
bool cpu_is_amd() { return false; }
#endif

}  // namespace

// x86 with AVX2 has them, to Halide and to features_of().
bool has_fma(const Halide::Target& t) {
  using T = Halide::Target;
  if (t.arch == T::WebAssembly) return false;
  return t.arch != T::X86 || t.has_feature(T::FMA) || t.has_feature(T::AVX2) || t.has_feature(T::AVX512) ||
         t.has_feature(T::AVX512_Skylake) || t.has_feature(T::AVX512_Cannonlake) ||
         t.has_feature(T::AVX512_Zen4) || t.has_feature(T::AVX512_SapphireRapids);
}

namespace {

Machine machine_of(const Halide::Target& t) {
  using T = Halide::Target;
  const int lanes = t.natural_vector_size<float>();
  const bool x86 = t.arch == T::X86;
  const bool many = !x86 || t.has_feature(T::AVX512) || t.has_feature(T::AVX512_Skylake) ||
                    t.has_feature(T::AVX512_Cannonlake) || t.has_feature(T::AVX512_Zen4) ||
                    t.has_feature(T::AVX512_SapphireRapids);
  // Sapphire Rapids multiplies pairs of bf16 at half the rate of float32 (outside of its tiles, which Halide's kernels
  // here do not use): there bf16 becomes float32 before.
  const bool bf16 = t.has_feature(T::AVX512_Zen4) && !t.has_feature(T::AVX512_SapphireRapids);
  const bool dot = x86 ? t.has_feature(T::AVX512_Zen4) || t.has_feature(T::AVX512_SapphireRapids)
                       : t.arch == T::ARM && t.has_feature(T::ARMDotProd);
  return {lanes, many ? 32 : 16, has_fma(t), bf16, dot};
}

// What features_of() has a check for: a kernel never runs where it cannot.
bool is_checked(const Halide::Target& t, Halide::Target::Feature feature) {
  using T = Halide::Target;
  static const std::set<T::Feature> x86 = {T::SSE41,          T::AVX,
                                           T::AVX2,           T::FMA,
                                           T::F16C,           T::AVX512,
                                           T::AVX512_Skylake, T::AVX512_Cannonlake,
                                           T::AVX512_Zen4,    T::AVX512_SapphireRapids};
  switch (t.arch) {
    case T::X86:
      return x86.count(feature) > 0;
    case T::ARM:
      return feature == T::ARMDotProd;
    case T::WebAssembly:
      return feature == T::WasmSimd128;  // an engine without it refuses the module
    default:
      return false;
  }
}

std::vector<std::string> features_of(const Halide::Target& t) {
  using T = Halide::Target;
  std::vector<std::string> features;
  const auto add = [&](bool has, const char* name) {
    if (has) features.emplace_back(name);
  };
  const bool zen4 = t.has_feature(T::AVX512_Zen4) || t.has_feature(T::AVX512_SapphireRapids);
  const bool cannonlake = zen4 || t.has_feature(T::AVX512_Cannonlake);  // IFMA and VBMI
  const bool skylake = cannonlake || t.has_feature(T::AVX512_Skylake);
  const bool avx512 = skylake || t.has_feature(T::AVX512);
  const bool avx2 = avx512 || t.has_feature(T::AVX2);
  add(avx2 || t.has_feature(T::SSE41), "SSE41");
  add(avx2 || t.has_feature(T::AVX), "AVX");
  add(avx2, "AVX2");
  add(avx2 || t.has_feature(T::FMA), "FMA");
  add(avx2 || t.has_feature(T::F16C), "F16C");
  add(avx512, "AVX512");
  add(skylake, "AVX512_VL");
  add(cannonlake, "AVX512_VNNI");
  add(zen4, "AVX512_BF16");
  add(t.has_feature(T::AVX512_SapphireRapids), "AMX");
  add(t.arch == T::ARM, "NEON");
  add(t.has_feature(T::ARMDotProd), "ARM_DOT");
  return features;
}

}  // namespace

const std::vector<CpuTarget>& cpu_targets() {
  static const std::vector<CpuTarget> list = {
      {"znver4",
       "x86-64-linux-sse41-avx-f16c-fma-avx2-avx512-avx512_skylake-avx512_cannonlake-avx512_zen4",
       {16, 32, true, true, true},
       with(avx2_features, {"AVX512", "AVX512_VL", "AVX512_VNNI", "AVX512_BF16"}),
       "",
       "natively",
       "AMD Zen 4 and 5: AVX-512 with VNNI and BF16"},
      {"x86-64-v4",
       "x86-64-linux-sse41-avx-f16c-fma-avx2-avx512-avx512_skylake",
       {16, 32, true},
       with(avx2_features, {"AVX512", "AVX512_VL"}),
       "",
       "natively",
       "AVX-512 (F, CD, VL, BW, DQ): Intel Skylake-SP and later, AMD Zen 4 and later"},
      {"x86-64-v3",
       "x86-64-linux-sse41-avx-f16c-fma-avx2",
       {8, 16, true},
       avx2_features,
       "",
       "natively",
       "AVX2 and FMA: Intel Haswell and later, AMD Zen and later"},
      {"x86-64-v2",
       "x86-64-linux-sse41",
       {4, 16, false},
       {"SSE41"},
       "",
       "natively",
       "SSE4.1: Intel Penryn and later, AMD Bulldozer and later"},
      {"x86-64", "x86-64-linux", {4, 16, false}, {}, "", "natively", "SSE2: every 64 bit x86 CPU"},
      {"arm-64",
       "arm-64-linux",
       {4, 32, true},
       {"NEON"},
       "--target=aarch64-linux-gnu",
       "qemu-aarch64",
       "ARMv8-A with NEON, Linux"},
      {"android-arm-64",
       "arm-64-android",
       {4, 32, true},
       {"NEON"},
       "--target=aarch64-linux-android21",
       "compiled, not run here",
       "ARMv8-A with NEON, Android"},
      {"macos-arm-64",
       "arm-64-osx",
       {4, 32, true},
       {"NEON"},
       "--target=arm64-apple-macos11",
       "compiled, not run here",
       "Apple M1 and later, macOS"},
      {"windows-x86-64-v3",
       "x86-64-windows-sse41-avx-f16c-fma-avx2",
       {8, 16, true},
       avx2_features,
       "--target=x86_64-pc-windows-gnu",
       "compiled, not run here",
       "AVX2 and FMA, Windows"},
      {"riscv-64-rvv",
       "riscv-64-linux-rvv-vector_bits_128",
       {4, 32, true},
       {"RVV"},
       "--target=riscv64-linux-gnu -march=rv64gcv",
       "compiled, not run here",
       "RISC-V with vectors of 128 bits, Linux"},
      {"wasm-32",
       "wasm-32-wasmrt-wasm_simd128",
       {4, 16, false},
       {},
       "--target=wasm32-unknown-unknown -msimd128",
       "compiled, not run here",
       "WebAssembly with SIMD"},
  };
  return list;
}

namespace {

bool same_machine(const Halide::Target& a, const Halide::Target& b) {
  return a.arch == b.arch && a.bits == b.bits && a.os == b.os;
}

// A Halide target string: for an operating system and a CPU of the table, with features that are looked for
// when the library is opened.
Result<CpuTarget> from_halide(const std::string& name) {
  const Halide::Target t(name);
  const std::string begin = "target '" + name + "': ";
  const auto row = std::find_if(cpu_targets().begin(), cpu_targets().end(), [&](const CpuTarget& listed) {
    const Halide::Target other(listed.halide);
    return same_machine(other, t);
  });
  if (row == cpu_targets().end())
    return Status::error(begin +
                         "networks are compiled for the architectures and operating systems of `effnetc "
                         "targets` only, with CPU features behind");
  if (t.arch == Halide::Target::RISCV)
    return Status::error(begin + "RISC-V is compiled for as '" + row->name + "' only");
  if (t.vector_bits != 0) return Status::error(begin + "the vector's width follows from the CPU features");
  for (int i = 0; i < Halide::Target::FeatureEnd; ++i) {
    const auto feature = static_cast<Halide::Target::Feature>(i);
    if (t.has_feature(feature) && !is_checked(t, feature))
      return Status::error(begin + "feature '" + Halide::Target::feature_to_name(feature) +
                           "' is none that a library can look for in a CPU");
  }
  return CpuTarget{t.to_string(),
                   t.to_string(),
                   machine_of(t),
                   features_of(t),
                   row->c_flags,
                   "compiled, not run here",
                   ""};
}

}  // namespace

bool CpuTarget::is_foreign() const {
  return !same_machine(Halide::Target(halide), Halide::get_host_target());
}

Precision CpuTarget::fastest_precision() const { return machine.bf16 ? Precision::bf16 : Precision::fp32; }

bool CpuTarget::wants_position_independent_code() const {
  const Halide::Target t(halide);
  return t.os != Halide::Target::Windows && t.arch != Halide::Target::WebAssembly;
}

bool CpuTarget::stores_symbol_lengths() const {
  return Halide::Target(halide).arch == Halide::Target::WebAssembly;
}

bool runs_here(const CpuTarget& target) {
  const Halide::Target host = Halide::get_host_target(), wanted(target.halide);
  if (!same_machine(wanted, host)) return false;
  const std::vector<std::string> have = features_of(host);
  return std::all_of(target.cpu_features.begin(), target.cpu_features.end(), [&](const std::string& feature) {
    return std::find(have.begin(), have.end(), feature) != have.end();
  });
}

Result<CpuTarget> find_target(const std::string& name) {
  if (name == "host") {
    for (const CpuTarget& target : cpu_targets())
      if (runs_here(target) && (target.name != "znver4" || cpu_is_amd())) return target;
    return Status::error("target 'host': none of the listed CPU classes (effnetc targets) runs on this CPU");
  }
  std::vector<std::string> names = {"host"};
  for (const CpuTarget& target : cpu_targets()) {
    if (target.name == name) return target;
    names.push_back(target.name);
  }
  if (Halide::Target::validate_target_string(name)) return from_halide(name);
  return Status::error(
      "there is no target '" + name + "'" + did_you_mean(name, names) +
      " (effnetc targets lists them; a Halide target string such as x86-64-linux-avx2-fma works too)");
}

Result<std::vector<CpuTarget>> find_targets(const std::string& names) {
  std::vector<CpuTarget> targets;
  std::stringstream list(names);
  for (std::string name; std::getline(list, name, ',');) {
    Result<CpuTarget> target = find_target(name);
    if (!target) return target.status();
    for (const CpuTarget& other : targets)
      if (other.name == target->name) return Status::error("target '" + target->name + "' is named twice");
    if (!targets.empty() &&
        !same_machine(Halide::Target(target->halide), Halide::Target(targets.front().halide)))
      return Status::error("targets '" + targets.front().name + "' and '" + target->name +
                           "' are different architectures or operating systems; a library is for one");
    targets.push_back(*std::move(target));
  }
  if (targets.empty()) return Status::error("no target is named (effnetc targets lists them)");
  std::stable_sort(targets.begin(), targets.end(), [](const CpuTarget& a, const CpuTarget& b) {
    return a.cpu_features.size() > b.cpu_features.size();
  });
  return targets;
}

}  // namespace effnet
