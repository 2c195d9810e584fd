/* The numbers that a candidate's inputs are filled with: element `index` of argument `argument`, in [-1, 1),
 * exact in float32. Plain C: candidates compute it, and so does whoever checks their results. */
#ifndef EFFNET_CANDIDATE_DATA_H
#define EFFNET_CANDIDATE_DATA_H

#include <stdint.h>

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

/* Which element of an output is sample `sample`. */
static inline uint64_t candidate_sample(int argument, uint64_t sample, uint64_t elements) {
  return candidate_bits(argument + 64, sample) % elements;
}

#endif
