#include "runtime/cpu.h"

#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>

#include "runtime/x86.h"
#define EFFNET_X86 1
#elif (defined(__aarch64__) || defined(__riscv)) && defined(__linux__)
#include <sys/auxv.h>
#endif

namespace effnet::runtime {

#if defined(EFFNET_X86)
namespace {

CpuidLeaf cpuid(unsigned leaf, unsigned subleaf = 0) {
  CpuidLeaf out;
  if (__get_cpuid_count(leaf, subleaf, &out.eax, &out.ebx, &out.ecx, &out.edx) == 0) return {};
  return out;
}

unsigned saved_registers() {
  unsigned low = 0, high = 0;
  __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return low;
}

}  // namespace

unsigned cpu_features() {
  X86Cpu cpu;
  cpu.basic = cpuid(1);
  cpu.extended = cpuid(7);
  if (cpu.extended.eax >= 1) cpu.extended1 = cpuid(7, 1);
  cpu.amd = cpuid(0x80000001);
  if (cpu.has_xgetbv()) cpu.saved_registers = saved_registers();
  return x86_features(cpu);
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
#elif defined(__riscv) && defined(__linux__)
namespace {

// Kernels are compiled for this width; vectors of other widths hold other numbers of lanes.
bool vectors_have_128_bits() {
  unsigned long bytes = 0;
  __asm__(".option push\n.option arch, +v\ncsrr %0, vlenb\n.option pop" : "=r"(bytes));
  return bytes == 16;
}

}  // namespace

unsigned cpu_features() {
  constexpr unsigned long hwcap_v = 1UL << ('V' - 'A');
  return (getauxval(AT_HWCAP) & hwcap_v) != 0 && vectors_have_128_bits() ? EFFNET_CPU_RVV : 0;
}
#else
unsigned cpu_features() { return 0; }
#endif

}  // namespace effnet::runtime
