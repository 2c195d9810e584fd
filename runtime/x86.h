// What a 64 bit x86 CPU says of itself -> effnet_cpu_features. Apart from the asking, so that CPUs can be made up.
#pragma once

#include <initializer_list>

#include "runtime/include/effnet_program.h"

namespace effnet::runtime {

struct CpuidLeaf {
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
};

constexpr bool has_bits(unsigned word, std::initializer_list<int> bits) {
  for (int bit : bits) {
    if ((word >> bit & 1) == 0) return false;
  }
  return true;
}

struct X86Cpu {
  CpuidLeaf basic, extended, extended1, amd;  // leaves 1, 7, 7.1 and 0x80000001; zeros where there is none
  unsigned saved_registers = 0;               // XCR0: the register states that the operating system saves

  constexpr bool has_xgetbv() const { return has_bits(basic.ecx, {27}); }  // OSXSAVE
};

// Bit numbers: Intel SDM volume 2A, CPUID. Code for a level is compiled for
// the CPU class that brought it (haswell, skylake-avx512, znver4), so a
// level also stands for the small integer instructions that came with it.
constexpr unsigned x86_features(const X86Cpu& cpu) {
  const CpuidLeaf &basic = cpu.basic, &extended = cpu.extended, &extended1 = cpu.extended1;
  unsigned features = 0;
  auto add = [&](unsigned feature, bool available) { features |= available ? feature : 0; };
  unsigned saved = cpu.has_xgetbv() ? cpu.saved_registers : 0;
  bool ymm = has_bits(saved, {1, 2}), zmm = ymm && has_bits(saved, {5, 6, 7}),
       tiles = has_bits(saved, {17, 18});

  add(EFFNET_CPU_SSE41, has_bits(basic.ecx, {0, 9, 19}));  // SSE3, SSSE3, SSE4.1
  bool avx = ymm && has_bits(basic.ecx, {20, 23, 28});     // SSE4.2, POPCNT, AVX
  add(EFFNET_CPU_AVX, avx);
  bool integer = has_bits(extended.ebx, {3, 8}) && has_bits(basic.ecx, {22}) &&
                 has_bits(cpu.amd.ecx, {5});  // BMI1, BMI2, MOVBE, LZCNT
  add(EFFNET_CPU_AVX2, avx && integer && has_bits(extended.ebx, {5}));
  add(EFFNET_CPU_FMA, avx && has_bits(basic.ecx, {12}));
  add(EFFNET_CPU_F16C, avx && has_bits(basic.ecx, {29}));
  add(EFFNET_CPU_AVX512, zmm && has_bits(extended.ebx, {16, 28}));         // F, CD
  add(EFFNET_CPU_AVX512_VL, zmm && has_bits(extended.ebx, {17, 30, 31}));  // DQ, BW, VL
  // IFMA; VBMI, VBMI2, GFNI, VAES, VPCLMULQDQ, VNNI, BITALG, VPOPCNTDQ
  add(EFFNET_CPU_AVX512_VNNI,
      zmm && has_bits(extended.ebx, {21}) && has_bits(extended.ecx, {1, 6, 8, 9, 10, 11, 12, 14}));
  add(EFFNET_CPU_AVX512_BF16, zmm && has_bits(extended1.eax, {5}));
  // BF16, TILE, INT8, and AVX512-FP16, which every CPU with tiles has
  add(EFFNET_CPU_AMX, zmm && tiles && has_bits(extended.edx, {22, 23, 24, 25}));
  return features;
}

}  // namespace effnet::runtime
