// Made-up x86 CPUs and operating systems: which instruction sets may be used.
#include "runtime/x86.h"
#include "tests/catch.h"

namespace effnet::runtime {
namespace {

constexpr unsigned bits(std::initializer_list<int> numbers) {
  unsigned word = 0;
  for (int bit : numbers) word |= 1U << bit;
  return word;
}

constexpr unsigned x87_and_sse = bits({0, 1}), avx_state = bits({0, 1, 2}),
                   avx512_state = bits({0, 1, 2, 5, 6, 7}), tile_state = avx512_state | bits({17, 18});

X86Cpu nehalem() {
  X86Cpu cpu;
  cpu.basic.ecx = bits({0, 9, 19, 20, 23});
  return cpu;
}

X86Cpu haswell() {
  X86Cpu cpu = nehalem();
  cpu.basic.ecx |= bits({12, 22, 26, 27, 28, 29});
  cpu.extended.ebx = bits({3, 5, 8});
  cpu.amd.ecx = bits({5});
  cpu.saved_registers = avx_state;
  return cpu;
}

X86Cpu skylake_server() {
  X86Cpu cpu = haswell();
  cpu.extended.ebx |= bits({16, 17, 28, 30, 31});
  cpu.saved_registers = avx512_state;
  return cpu;
}

X86Cpu sapphire_rapids() {
  X86Cpu cpu = skylake_server();
  cpu.extended.ebx |= bits({21});
  cpu.extended.ecx = bits({1, 6, 8, 9, 10, 11, 12, 14});
  cpu.extended.edx = bits({22, 23, 24, 25});
  cpu.extended1.eax = bits({5});
  cpu.saved_registers = tile_state;
  return cpu;
}

constexpr unsigned v2 = EFFNET_CPU_SSE41,
                   v3 = v2 | EFFNET_CPU_AVX | EFFNET_CPU_AVX2 | EFFNET_CPU_FMA | EFFNET_CPU_F16C,
                   v4 = v3 | EFFNET_CPU_AVX512 | EFFNET_CPU_AVX512_VL,
                   bf16 = v4 | EFFNET_CPU_AVX512_VNNI | EFFNET_CPU_AVX512_BF16;

TEST_CASE("a CPU has the instruction sets of its generation") {
  CHECK(x86_features({}) == 0);
  CHECK(x86_features(nehalem()) == v2);
  CHECK(x86_features(haswell()) == v3);
  CHECK(x86_features(skylake_server()) == v4);
  CHECK(x86_features(sapphire_rapids()) == (bf16 | EFFNET_CPU_AMX));
}

TEST_CASE("registers that the operating system does not save are not used (XCR0)") {
  X86Cpu cpu = sapphire_rapids();
  cpu.saved_registers = avx512_state;
  CHECK(x86_features(cpu) == bf16);
  cpu.saved_registers = avx_state;
  CHECK(x86_features(cpu) == v3);
  cpu.saved_registers = avx_state | bits({5, 6});  // not all of AVX-512's
  CHECK(x86_features(cpu) == v3);
  cpu.saved_registers = x87_and_sse;
  CHECK(x86_features(cpu) == v2);
}

TEST_CASE("without OSXSAVE there is no XCR0, whatever the word says") {
  X86Cpu cpu = sapphire_rapids();
  cpu.basic.ecx &= ~bits({27});
  CHECK(!cpu.has_xgetbv());
  CHECK(x86_features(cpu) == v2);
}

TEST_CASE("an instruction set counts with all that its code may use") {
  X86Cpu cpu = haswell();
  cpu.amd.ecx = 0;  // no LZCNT
  CHECK(x86_features(cpu) == (v3 & ~unsigned(EFFNET_CPU_AVX2)));
  cpu = skylake_server();
  cpu.extended.ebx &= ~bits({31});  // no VL: Knights Landing
  CHECK(x86_features(cpu) == (v4 & ~unsigned(EFFNET_CPU_AVX512_VL)));
}

}  // namespace
}  // namespace effnet::runtime
