/* What main.c and the generated table of a candidate tell each other. A candidate is one step of a network
 * with one schedule: a program that measures itself. */
#ifndef EFFNET_CANDIDATE_H
#define EFFNET_CANDIDATE_H

#include <stddef.h>
#include <stdint.h>

#include "data.h"

/* How a kernel takes memory: Halide's descriptor. Layouts are static, so kernels only read `host`. */
struct halide_buffer_t {
  uint64_t device;
  const void* device_interface;
  void* host;
  uint64_t flags, type_and_dimensions;
  void *dimension, *padding;
};

enum candidate_kind { CANDIDATE_MAP, CANDIDATE_WEIGHT, CANDIDATE_AFFINE, CANDIDATE_OUTPUT };

/* Channels lie in panels of 16; the lanes past the last channel hold what stands for 0. */
struct candidate_argument {
  enum candidate_kind kind;
  enum candidate_element element;
  size_t elements; /* of memory */
  size_t used;     /* elements that belong to the tensor; the rest is room for tiles */
  size_t row;      /* elements after which the channels begin again */
  size_t panel;    /* elements from a panel to the next */
  int together;    /* elements of one channel side by side */
  int channels;
  int samples;   /* of an output, to print */
  float scale;   /* of an input's numbers */
  float padding; /* in the lanes past the last channel */
};

extern const struct candidate_argument candidate_arguments[];
extern const int candidate_argument_count; /* at most CANDIDATE_MOST_ARGUMENTS */
extern const int candidate_tasks, candidate_threads, candidate_seconds;
extern const size_t candidate_scratch_floats; /* of one thread */

/* `at`: the memory of every argument. */
void candidate_task(char* const* at, int task, char* scratch);

#define CANDIDATE_MOST_ARGUMENTS 16

#endif
