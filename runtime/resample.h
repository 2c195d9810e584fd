// Pillow's 8-bit resampler, bit for bit: the weights of one output pixel in fixed point.
#pragma once

#include <cstdint>

#include "runtime/memory.h"

namespace effnet::runtime {

inline constexpr int coefficient_bits = 22;  // 32 minus 8 bits of a pixel minus 2 bits for overshoot and sign

// One output pixel is the sum over i of coefficients[i] * input[first + i].
struct Taps {
  int first, count;
  const std::int32_t* coefficients;
};

// The taps along one axis that is resized from `size` to
// `target` pixels, for the outputs [begin, begin + count).
class Resampler {
 public:
  // False: no memory.
  [[nodiscard]] bool prepare(int size, std::int64_t target, std::int64_t begin, int count,
                             effnet_interpolation interpolation, const Allocator& allocator);
  Taps taps(int output) const;  // 0 <= output < count
  int max_taps() const { return max_taps_; }

 private:
  struct Span {
    int first, count;
  };
  Span compute(std::int64_t output, double scale, effnet_interpolation interpolation, std::int32_t* out);

  int size_ = 0, max_taps_ = 0;
  Block<Span> spans_;
  Block<double> exact_;               // max_taps_: one output's weights before rounding
  Block<std::int32_t> coefficients_;  // [count][max_taps_]
};

// A sum of products back to a pixel: rounded, then clamped.
inline std::uint8_t to_pixel(std::int32_t sum) {
  std::int32_t value = sum >> coefficient_bits;
  return static_cast<std::uint8_t>(value < 0 ? 0 : value > 255 ? 255 : value);
}
inline constexpr std::int32_t half_pixel = 1 << (coefficient_bits - 1);  // where a sum starts

}  // namespace effnet::runtime
