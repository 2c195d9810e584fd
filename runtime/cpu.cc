#include "runtime/cpu.h"

#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>
#define EFFNET_X86 1
#elif defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#endif

#include <initializer_list>

namespace effnet::runtime {

#if defined(EFFNET_X86)
namespace {

struct CpuidLeaf {
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
};

CpuidLeaf cpuid(unsigned leaf, unsigned subleaf = 0) {
  CpuidLeaf out;
  if (__get_cpuid_count(leaf, subleaf, &out.eax, &out.ebx, &out.ecx, &out.edx) == 0) return {};
  return out;
}

bool has(unsigned word, std::initializer_list<int> bits) {
  for (int bit : bits) {
    if ((word >> bit & 1) == 0) return false;
  }
  return true;
}

// XCR0: the register states that the operating system saves.
unsigned saved_registers() {
  unsigned low = 0, high = 0;
  __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return low;
}

}  // namespace

// Bit numbers: Intel SDM volume 2A, CPUID. Code for a level is compiled for
// the CPU class that brought it (haswell, skylake-avx512, znver4), so a
// level also stands for the small integer instructions that came with it.
unsigned cpu_features() {
  unsigned features = 0;
  auto add = [&](unsigned feature, bool available) { features |= available ? feature : 0; };
  CpuidLeaf basic = cpuid(1), extended = cpuid(7), extended1 = extended.eax >= 1 ? cpuid(7, 1) : CpuidLeaf{};
  CpuidLeaf amd = cpuid(0x80000001);
  unsigned saved = has(basic.ecx, {27}) ? saved_registers() : 0;  // OSXSAVE
  bool ymm = has(saved, {1, 2}), zmm = ymm && has(saved, {5, 6, 7}), tiles = has(saved, {17, 18});

  add(EFFNET_CPU_SSE41, has(basic.ecx, {0, 9, 19}));  // SSE3, SSSE3, SSE4.1
  bool avx = ymm && has(basic.ecx, {20, 23, 28});     // SSE4.2, POPCNT, AVX
  add(EFFNET_CPU_AVX, avx);
  bool integer =
      has(extended.ebx, {3, 8}) && has(basic.ecx, {22}) && has(amd.ecx, {5});  // BMI1, BMI2, MOVBE, LZCNT
  add(EFFNET_CPU_AVX2, avx && integer && has(extended.ebx, {5}));
  add(EFFNET_CPU_FMA, avx && has(basic.ecx, {12}));
  add(EFFNET_CPU_F16C, avx && has(basic.ecx, {29}));
  add(EFFNET_CPU_AVX512, zmm && has(extended.ebx, {16, 28}));         // F, CD
  add(EFFNET_CPU_AVX512_VL, zmm && has(extended.ebx, {17, 30, 31}));  // DQ, BW, VL
  // IFMA; VBMI, VBMI2, GFNI, VAES, VPCLMULQDQ, VNNI, BITALG, VPOPCNTDQ
  add(EFFNET_CPU_AVX512_VNNI,
      zmm && has(extended.ebx, {21}) && has(extended.ecx, {1, 6, 8, 9, 10, 11, 12, 14}));
  add(EFFNET_CPU_AVX512_BF16, zmm && has(extended1.eax, {5}));
  // BF16, TILE, INT8, and AVX512-FP16, which every CPU with tiles has
  add(EFFNET_CPU_AMX, zmm && tiles && has(extended.edx, {22, 23, 24, 25}));
  return features;
}
#elif defined(__aarch64__)
unsigned cpu_features() {
  unsigned features = EFFNET_CPU_NEON;
#if defined(__linux__)
  constexpr unsigned long hwcap_asimddp = 1UL << 20;
  if ((getauxval(AT_HWCAP) & hwcap_asimddp) != 0) features |= EFFNET_CPU_ARM_DOT;
#elif defined(__APPLE__)
  features |= EFFNET_CPU_ARM_DOT;
#endif
  return features;
}
#else
unsigned cpu_features() { return 0; }
#endif

}  // namespace effnet::runtime
