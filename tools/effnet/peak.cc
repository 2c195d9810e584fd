#include "tools/effnet/peak.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <vector>

#include "effnet_program.h"

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

namespace effnet {
namespace {

struct Kernels {
  float (*multiply_add)(long rounds, float factor, float addend);
  void (*activate)(const float* source, float* target, int count);
  double flops_per_round;
};

// The same of short products, where the CPU has an instruction for them.
struct ShortKernel {
  float (*multiply_add)(long rounds, float factor, float addend);
  double flops_per_round;
};

#if defined(__x86_64__)
#define EFFNET_IN_REGISTER "+v"
namespace sse {
#define EFFNET_TARGET
#define EFFNET_VECTOR __m128
#define EFFNET_LANES 4
#define EFFNET_ACCUMULATORS 12
#define EFFNET_MINIMUM _mm_min_ps
#define EFFNET_MAXIMUM _mm_max_ps
#include "tools/effnet/peak_kernels.inc"
}  // namespace sse
namespace avx {
#define EFFNET_TARGET __attribute__((target("avx")))
#define EFFNET_VECTOR __m256
#define EFFNET_LANES 8
#define EFFNET_ACCUMULATORS 12
#define EFFNET_MINIMUM _mm256_min_ps
#define EFFNET_MAXIMUM _mm256_max_ps
#include "tools/effnet/peak_kernels.inc"
}  // namespace avx
namespace avx2 {
#define EFFNET_TARGET __attribute__((target("avx2,fma")))
#define EFFNET_VECTOR __m256
#define EFFNET_LANES 8
#define EFFNET_ACCUMULATORS 12
#define EFFNET_MINIMUM _mm256_min_ps
#define EFFNET_MAXIMUM _mm256_max_ps
#include "tools/effnet/peak_kernels.inc"
}  // namespace avx2
namespace avx512 {
#define EFFNET_TARGET __attribute__((target("avx512f")))
#define EFFNET_VECTOR __m512
#define EFFNET_LANES 16
#define EFFNET_ACCUMULATORS 20
// GCC 12 warns of its own unmasked form; with all bits set this is the same instruction.
#define EFFNET_MINIMUM(a, b) _mm512_maskz_min_ps(0xffff, a, b)
#define EFFNET_MAXIMUM(a, b) _mm512_maskz_max_ps(0xffff, a, b)
#include "tools/effnet/peak_kernels.inc"
}  // namespace avx512

constexpr int short_accumulators = 20;

// Returns something that depends on every operation.
__attribute__((target("avx512f,avx512bf16"), noinline)) float multiply_add_pairs(long rounds, float factor,
                                                                                 float addend) {
  const __m512bh factors = _mm512_cvtne2ps_pbh(_mm512_set1_ps(factor), _mm512_set1_ps(addend));
  __m512 sums[short_accumulators];
#pragma GCC unroll 32
  for (int i = 0; i < short_accumulators; i++) sums[i] = _mm512_set1_ps(static_cast<float>(i));
  for (long round = 0; round < rounds; round++) {
#pragma GCC unroll 32
    for (int i = 0; i < short_accumulators; i++) sums[i] = _mm512_dpbf16_ps(sums[i], factors, factors);
  }
  __m512 total = sums[0];
#pragma GCC unroll 32
  for (int i = 1; i < short_accumulators; i++) total += sums[i];
  return total[0] + total[15];
}

__attribute__((target("avx512f,avx512vnni"), noinline)) float multiply_add_fours(long rounds, float factor,
                                                                                 float addend) {
  const __m512i bytes = _mm512_set1_epi8(static_cast<char>(127 * factor)),
                others = _mm512_set1_epi8(static_cast<char>(static_cast<int>(addend) & 1));
  __m512i sums[short_accumulators];
#pragma GCC unroll 32
  for (int i = 0; i < short_accumulators; i++) sums[i] = _mm512_set1_epi32(i);
  for (long round = 0; round < rounds; round++) {
#pragma GCC unroll 32
    for (int i = 0; i < short_accumulators; i++) sums[i] = _mm512_dpbusd_epi32(sums[i], bytes, others);
  }
  __m512i total = sums[0];
#pragma GCC unroll 32
  for (int i = 1; i < short_accumulators; i++) total = _mm512_add_epi32(total, sums[i]);
  return static_cast<float>(_mm512_reduce_add_epi32(total));
}

std::optional<ShortKernel> short_kernel_of(InstructionSet set, ShortProducts products) {
  if (set != InstructionSet::avx512) return std::nullopt;
  if (products == ShortProducts::bf16_pairs && __builtin_cpu_supports("avx512bf16"))
    return ShortKernel{multiply_add_pairs, 4.0 * short_accumulators * 16};
  if (products == ShortProducts::byte_fours && __builtin_cpu_supports("avx512vnni"))
    return ShortKernel{multiply_add_fours, 8.0 * short_accumulators * 16};
  return std::nullopt;
}

std::optional<Kernels> kernels_of(InstructionSet set) {
  switch (set) {
    case InstructionSet::sse:
      return sse::kernels;
    case InstructionSet::avx:
      if (__builtin_cpu_supports("avx")) return avx::kernels;
      break;
    case InstructionSet::avx2:
      if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return avx2::kernels;
      break;
    case InstructionSet::avx512:
      if (__builtin_cpu_supports("avx512f")) return avx512::kernels;
      break;
    case InstructionSet::neon:
      break;
  }
  return std::nullopt;
}
#elif defined(__aarch64__)
#define EFFNET_IN_REGISTER "+w"
namespace neon {
#define EFFNET_TARGET
#define EFFNET_VECTOR float32x4_t
#define EFFNET_LANES 4
#define EFFNET_ACCUMULATORS 20
#define EFFNET_MINIMUM vminq_f32
#define EFFNET_MAXIMUM vmaxq_f32
#include "tools/effnet/peak_kernels.inc"
}  // namespace neon

std::optional<Kernels> kernels_of(InstructionSet set) {
  if (set == InstructionSet::neon) return neon::kernels;
  return std::nullopt;
}
#else
std::optional<Kernels> kernels_of(InstructionSet) { return std::nullopt; }
#endif

#if !defined(__x86_64__)
std::optional<ShortKernel> short_kernel_of(InstructionSet, ShortProducts) { return std::nullopt; }
#endif

using Clock = std::chrono::steady_clock;

// Calls `work` again and again for `seconds`; how often per second.
template <typename Work>
double calls_per_second(double seconds, const Work& work) {
  const auto start = Clock::now();
  std::chrono::duration<double> elapsed{};
  double calls = 0;
  do {
    work();
    calls++;
    elapsed = Clock::now() - start;
  } while (elapsed.count() < seconds);
  return calls / elapsed.count();
}

template <typename Kernel>
double measure_flops(const Kernel& kernels, double seconds) {
  constexpr long rounds = 2000;  // about ten microseconds
  float sink = 1;
  const double calls =
      calls_per_second(seconds, [&] { sink = kernels.multiply_add(rounds, 0.999F, 0.001F * sink); });
  return calls * rounds * kernels.flops_per_round;
}

double measure_activations(const Kernels& kernels, double seconds) {
  constexpr int count = 2048;  // both arrays fit into the first-level cache
  alignas(64) float source[count], target[count];
  for (int i = 0; i < count; i++) {
    const int centred = i - count / 2;
    source[i] = static_cast<float>(centred) * 0.005F;
  }
  return count * calls_per_second(seconds, [&] { kernels.activate(source, target, count); });
}

}  // namespace

InstructionSet instruction_set(unsigned int cpu_features) {
  const auto has = [&](unsigned int feature) { return (cpu_features & feature) != 0; };
  if (has(EFFNET_CPU_NEON)) return InstructionSet::neon;
  if (has(EFFNET_CPU_AVX512)) return InstructionSet::avx512;
  if (has(EFFNET_CPU_AVX2) && has(EFFNET_CPU_FMA)) return InstructionSet::avx2;
  return has(EFFNET_CPU_AVX) ? InstructionSet::avx : InstructionSet::sse;
}

const char* instruction_set_name(InstructionSet set) {
  switch (set) {
    case InstructionSet::sse:
      return "SSE";
    case InstructionSet::avx:
      return "AVX";
    case InstructionSet::avx2:
      return "AVX2 + FMA";
    case InstructionSet::avx512:
      return "AVX-512";
    case InstructionSet::neon:
      return "NEON";
  }
  return "";
}

Rates measure_rates(InstructionSet set, int threads, double seconds, ShortProducts products) {
  const std::optional<Kernels> kernels = kernels_of(set);
  if (!kernels) return {};
  const std::optional<ShortKernel> short_kernel = short_kernel_of(set, products);
  Rates result;
  constexpr int windows = 3;
  std::vector<Rates> rates(static_cast<std::size_t>(threads));
  std::atomic<int> arrived = 0;
  // All threads begin each window together: a thread that is alone may run faster.
  const auto meet = [&](int meeting) {
    arrived++;
    while (arrived < meeting * threads) std::this_thread::yield();
  };
  const auto measure = [&](int thread) {
    Rates& own = rates[static_cast<std::size_t>(thread)];
    int meeting = 0;
    for (int window = 0; window < windows; window++) {
      meet(++meeting);
      own.flops = measure_flops(*kernels, seconds);
      meet(++meeting);
      own.activations = measure_activations(*kernels, seconds);
      meet(++meeting);
      if (short_kernel) {
        own.short_flops = measure_flops(*short_kernel, seconds);
        meet(++meeting);
      }
      if (thread == 0) {
        Rates sum;
        for (const Rates& rate : rates) {
          sum.flops += rate.flops, sum.activations += rate.activations;
          sum.short_flops += rate.short_flops;
        }
        result = best(result, sum);
      }
    }
  };
  enum class Start { wait, go, give_up };
  std::atomic<Start> start = Start::wait;
  const auto tell = [&](Start what) {
    start = what;
    start.notify_all();
  };
  std::vector<std::jthread> others;
  try {
    for (int thread = 1; thread < threads; thread++)
      others.emplace_back([&, thread] {
        start.wait(Start::wait);
        if (start == Start::go) measure(thread);
      });
  } catch (const std::system_error&) {
    tell(Start::give_up);  // who never came must not be waited for
    throw std::runtime_error(
        "a thread that measures the CPU's peak could not be started; take fewer --threads");
  }
  tell(Start::go);
  measure(0);
  return result;
}

Rates best(const Rates& a, const Rates& b) {
  return {std::max(a.flops, b.flops), std::max(a.short_flops, b.short_flops),
          std::max(a.activations, b.activations)};
}

}  // namespace effnet
