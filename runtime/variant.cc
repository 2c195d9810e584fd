#include <cstdlib>
#include <cstring>

#include "runtime/cpu.h"
#include "runtime/failure.h"

#if defined(__linux__) && defined(__x86_64__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace effnet::runtime {
namespace {

struct FeatureName {
  unsigned feature;
  const char* name;
};
constexpr FeatureName feature_names[] = {
    {EFFNET_CPU_SSE41, "SSE4.1"},
    {EFFNET_CPU_AVX, "AVX"},
    {EFFNET_CPU_AVX2, "AVX2"},
    {EFFNET_CPU_FMA, "FMA"},
    {EFFNET_CPU_F16C, "F16C"},
    {EFFNET_CPU_AVX512, "AVX-512"},
    {EFFNET_CPU_AVX512_VL, "AVX-512 VL/BW/DQ"},
    {EFFNET_CPU_AVX512_VNNI, "AVX-512 VNNI"},
    {EFFNET_CPU_AVX512_BF16, "AVX-512 BF16"},
    {EFFNET_CPU_AMX, "AMX"},
    {EFFNET_CPU_NEON, "NEON"},
    {EFFNET_CPU_ARM_DOT, "ARM dot product"},
    {EFFNET_CPU_RVV, "RISC-V vectors of 128 bits"},
};

// Linux hands out the tile registers only to a process that asked.
bool tiles_permitted() {
#if defined(__linux__) && defined(__x86_64__)
  constexpr long arch_request_component = 0x1023, tile_data = 18;
  return syscall(SYS_arch_prctl, arch_request_component, tile_data) == 0;
#else
  return true;
#endif
}

// What the variant needs and this CPU does not have.
unsigned missing_features(const effnet_variant& variant) {
  unsigned missing = variant.cpu_features & ~cpu_features();
  if (missing == 0 && (variant.cpu_features & EFFNET_CPU_AMX) != 0 && !tiles_permitted())
    return EFFNET_CPU_AMX;
  return missing;
}

const char* first_name(unsigned features) {
  for (const FeatureName& row : feature_names) {
    if ((row.feature & features) != 0) return row.name;
  }
  return "an instruction set newer than this runtime";
}

// "x86-64-v4, x86-64-v3": the program's targets, or only those that run here.
void append_targets(TextWriter& writer, const effnet_program& program, bool only_supported) {
  bool first = true;
  for (int i = 0; i < program.variant_count; ++i) {
    if (only_supported && missing_features(program.variants[i]) != 0) continue;
    if (!first) writer.append(", ");
    writer.append(program.variants[i].target);
    first = false;
  }
  if (first) writer.append("none");
}

effnet_status choose_forced(const effnet_program& program, const char* target, const char* source,
                            ErrorText error, const effnet_variant** out) {
  for (int i = 0; i < program.variant_count; ++i) {
    const effnet_variant& variant = program.variants[i];
    if (std::strcmp(variant.target, target) != 0) continue;
    unsigned missing = missing_features(variant);
    *out = missing == 0 ? &variant : nullptr;
    if (missing == 0) return EFFNET_OK;
    TextWriter writer(error);
    writer.append(program.name);
    writer.append(": this CPU lacks ");
    writer.append(first_name(missing));
    writer.append(", which the target \"");
    writer.append(shortened(target));
    writer.append("\" needs; of this library's targets it runs ");
    append_targets(writer, program, true);
    return EFFNET_UNSUPPORTED_CPU;
  }
  TextWriter writer(error);
  writer.append(program.name);
  writer.append(": no target \"");
  writer.append(shortened(target));
  writer.append("\" (");
  writer.append(source);
  writer.append(") in this library; it has ");
  append_targets(writer, program, false);
  return EFFNET_INVALID_ARGUMENT;
}

}  // namespace

effnet_status choose_variant(const effnet_program& program, const char* target, ErrorText error,
                             const effnet_variant** out) {
  *out = nullptr;
  if (target != nullptr && target[0] != '\0')
    return choose_forced(program, target, "option target", error, out);
  target = std::getenv("EFFNET_TARGET");
  if (target != nullptr && target[0] != '\0')
    return choose_forced(program, target, "EFFNET_TARGET", error, out);
  for (int i = 0; i < program.variant_count; ++i) {
    if (missing_features(program.variants[i]) != 0) continue;
    *out = &program.variants[i];
    return EFFNET_OK;
  }
  TextWriter writer(error);
  writer.append(program.name);
  writer.append(": none of this library's targets runs on this CPU: ");
  append_targets(writer, program, false);
  if (program.variant_count > 0) {
    writer.append("; the last one needs ");
    writer.append(first_name(missing_features(program.variants[program.variant_count - 1])));
  }
  return EFFNET_UNSUPPORTED_CPU;
}

}  // namespace effnet::runtime
