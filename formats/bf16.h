// bfloat16: the upper half of a float32.
#pragma once

#include <bit>
#include <cstdint>

namespace effnet {

// Rounds to nearest, halves to even; NaN stays NaN, what is too large becomes infinite.
constexpr std::uint16_t to_bf16(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  if (value != value) return static_cast<std::uint16_t>(bits >> 16 | 0x40);  // not to an infinity
  return static_cast<std::uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

constexpr float from_bf16(std::uint16_t bits) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
}

}  // namespace effnet
