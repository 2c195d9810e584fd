/* The numbers that a candidate's inputs are filled with: element `index` of argument `argument`, in [-1, 1),
 * exact in float32. Plain C: candidates compute it, and so does whoever checks their results. */
#ifndef EFFNET_CANDIDATE_DATA_H
#define EFFNET_CANDIDATE_DATA_H

#include <stdint.h>
#include <string.h>

/* splitmix64's mixer. */
static inline uint64_t candidate_mix(uint64_t x) {
  x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
  return x ^ (x >> 31);
}

static inline uint64_t candidate_bits(int argument, uint64_t index) {
  return candidate_mix((index + 1) * UINT64_C(0x9e3779b97f4a7c15) + ((uint64_t)argument << 56));
}

static inline float candidate_number(int argument, uint64_t index) {
  return (float)(candidate_bits(argument, index) >> 40) * 0x1p-23f - 1.0f;
}

/* In the order of models/element.h. */
enum candidate_element { CANDIDATE_F32, CANDIDATE_BF16, CANDIDATE_I8, CANDIDATE_U8 };

/* To nearest, halves to even. */
static inline uint16_t candidate_bf16(float value) {
  uint32_t bits = 0;
  memcpy(&bits, &value, sizeof bits);
  return (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

static inline float candidate_from_bf16(uint16_t stored) {
  const uint32_t bits = (uint32_t)stored << 16;
  float value = 0;
  memcpy(&value, &bits, sizeof value);
  return value;
}

/* What the steps of an 8 bit map stand for: {scale, zero point, 1 / scale, 0, ...}, of each argument others. */
static inline float candidate_affine(int argument, uint64_t index) {
  const float which = (float)(argument % 8), scale = 0.02f + 0.001f * which;
  return index == 0 ? scale : index == 1 ? 50 + which : index == 2 ? 1 / scale : 0;
}

/* An input's element as it is stored: 8 bit ones are in [-127, 127] or [1, 255], whatever the scale. */
static inline float candidate_value(enum candidate_element element, float scale, int argument,
                                    uint64_t index) {
  const float number = candidate_number(argument, index);
  if (element == CANDIDATE_I8) return (float)(int)(127 * number);
  if (element == CANDIDATE_U8) return (float)(int)(128 + 127 * number);
  return element == CANDIDATE_BF16 ? candidate_from_bf16(candidate_bf16(scale * number)) : scale * number;
}

/* Which element of an output is sample `sample`. */
static inline uint64_t candidate_sample(int argument, uint64_t sample, uint64_t elements) {
  return candidate_bits(argument + 64, sample) % elements;
}

#endif
