// What this CPU can do at best with one instruction set: multiply-adds and
// activations per second, measured on as many threads as the network uses. The
// bound of a network follows: its multiply-adds at the peak, then its activations.
#pragma once

namespace effnet {

enum class InstructionSet { sse, avx, avx2, avx512, neon };

// `cpu_features`: effnet_cpu_features of a library's variant.
InstructionSet instruction_set(unsigned int cpu_features);
const char* instruction_set_name(InstructionSet set);

// Products of shorter types that one instruction adds to a float32 or an integer of 32 bits.
enum class ShortProducts { bf16_pairs, byte_fours };

// Per second, of all threads together.
struct Rates {
  double flops = 0;        // of float32; a multiply-add counts as two
  double short_flops = 0;  // of short products; 0 where there is no instruction for them
  double activations = 0;  // swish: one exponential, one division
};

// The best of a few windows of `seconds` each. Below AVX2 a multiply-add is a multiplication and an addition.
// A set that this program or this CPU does not have gives zeros.
Rates measure_rates(InstructionSet set, int threads, double seconds,
                    ShortProducts products = ShortProducts::bf16_pairs);

// The better of both, each for itself: noise only ever slows a measurement down.
Rates best(const Rates& a, const Rates& b);

}  // namespace effnet
