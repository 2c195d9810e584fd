// Weights for measuring: the file that a library expects,
// built in memory, with random numbers of a sensible size.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "base/status.h"
#include "effnet_program.h"

namespace effnet {

class RandomWeights {
 public:
  // The same bytes for the same program and seed. Uniform numbers, scaled by the number of inputs (He), so
  // that activations neither grow nor vanish: either could change the speed.
  static Result<RandomWeights> make(const effnet_program& program, std::uint64_t seed = 1);

  std::span<const std::byte> file() const { return {bytes_.get(), size_}; }  // on 64 bytes

 private:
  struct Free {
    void operator()(std::byte* bytes) const;
  };
  RandomWeights() = default;
  std::unique_ptr<std::byte[], Free> bytes_;
  std::size_t size_ = 0;
};

// Uniform in [-limit, limit): xorshift64* (Vigna, "An
// experimental exploration of Marsaglia's xorshift generators").
class RandomNumbers {
 public:
  explicit RandomNumbers(std::uint64_t seed) : state_(seed) {}
  float operator()(float limit);

 private:
  std::uint64_t state_;  // never 0
};

}  // namespace effnet
