/* EffNet's runtime: opens and runs a network that effnetc compiled. Plain C11, usable from C++.
 *
 * A generated header (<name>.h) adds <name>_open() and <name>_open_memory(). From pixels to a label:
 *
 *   effnet_model *model;
 *   if (efficientnet_b0_open("efficientnet_b0.weights", NULL, &model) != EFFNET_OK) return 1;
 *   effnet_prepare(model, rgb, width, height, 3 * width, input);      input: resolution x resolution x 3 floats
 *   effnet_run(model, input, logits);                                 logits: classes floats
 *   effnet_close(model);
 *
 * Memory: the model itself and small tables (allocated by open), the arena, and the weights, mapped, copied or the
 * application's; the generated header has the sizes as constants. Stack: <NAME>_STACK_BYTES.
 *
 * One thread at a time may use a model; any number of models may be open. A failed call changes nothing and
 * leaves a text in effnet_error(). No function prints, aborts or, while running, allocates. A weights file is
 * mapped (unless option copy_weights is 1): it must not change while a model is open. */
#ifndef EFFNET_H
#define EFFNET_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define EFFNET_VERSION_MAJOR 0
#define EFFNET_VERSION_MINOR 3
#define EFFNET_VERSION_PATCH 0
#define EFFNET_VERSION "0.3.0"

#if defined(__GNUC__)
#define EFFNET_API __attribute__((visibility("default")))
#else
#define EFFNET_API
#endif

#define EFFNET_ALIGNMENT 64 /* bytes: of an arena and of weights in memory */

typedef enum effnet_status {
  EFFNET_OK = 0,
  EFFNET_INVALID_ARGUMENT, /* a null pointer, a size or option out of range, a model that is closed */
  EFFNET_OUT_OF_MEMORY,    /* the allocator returned null, or the given arena is too small */
  EFFNET_CANNOT_READ,      /* the file is missing, unreadable or empty */
  EFFNET_INVALID_WEIGHTS,  /* not a weights or head file, or damaged */
  EFFNET_WRONG_NETWORK,   /* sound weights, but of another network, padding family, element type or version */
  EFFNET_UNSUPPORTED_CPU, /* none of the library's targets runs on this CPU, or the forced one does not */
  EFFNET_NO_THREAD        /* a thread could not be started */
} effnet_status;

typedef struct effnet_model effnet_model;

/* Calls task(closure, i) for every i in [0, count), in any order, on any threads; returns when all are done.
 * `worker` is 0 <= worker < threads of the option: two calls at the same time must pass different workers. */
typedef void (*effnet_task)(void* closure, int index, int worker);
typedef void (*effnet_parallel_for)(void* context, int count, effnet_task task, void* closure);

/* Zero means default in every field; a null pointer to options means all defaults. */
typedef struct effnet_options {
  int threads; /* 0: 1. The result has the same bits for any number. */
  effnet_parallel_for
      parallel_for; /* null: the model's own threads, which spin only inside a run and for 50 us */
  void* parallel_for_context;
  void* (*allocate)(void* context, size_t bytes, size_t alignment); /* null: aligned malloc */
  void (*release)(void* context, void* block);
  void* allocator_context;
  void* arena; /* null: allocated. At least <name>_arena_bytes(options) bytes, aligned to EFFNET_ALIGNMENT */
  size_t arena_bytes;
  const char* target; /* null: the environment's EFFNET_TARGET, else the best that this CPU runs */
  char* error;        /* where a failed open leaves its text; may be null */
  size_t error_bytes;
  int copy_weights; /* 1: into memory of the model's own, allocated, in huge pages where the system has them. A few
                       percent faster than a mapped file; opening takes longer, and nothing is shared. */
  int spread_images; /* 1: effnet_run_batch() runs `threads` images at the same time, each on a thread of its own with
                        activations of its own, which the arena has room for; what a batch has beyond a multiple of
                        `threads` runs image by image on all threads, as all of them do with 0. More images a second, each later. */
} effnet_options;

typedef enum effnet_interpolation { EFFNET_BICUBIC = 0, EFFNET_BILINEAR = 1 } effnet_interpolation;

/* All pointers live as long as the model, labels until the next effnet_set_head(). */
typedef struct effnet_info {
  const char* name;    /* the library's */
  const char* network; /* "efficientnet_b0" */
  const char* target;  /* the one in use, as effnetc was told */
  const char* version; /* EFFNET_VERSION of the runtime */
  int weights_format_version;
  int threads;
  int resolution;            /* input: resolution x resolution x 3 floats, RGB, channels innermost */
  int classes;               /* of the head in use */
  int features;              /* channels of the features and of the last map */
  int map_height, map_width; /* of the last map */
  const char* const* labels; /* classes entries, or null when the weights carry none */
  float mean[3], std[3];     /* of pixels in 0..1 */
  float crop;                /* shorter side is resized to resolution / crop */
  effnet_interpolation interpolation;
  size_t arena_bytes, weights_bytes;
  int steps;
  const char* precision; /* element type: "fp32", "bf16", "int8-weights", "int8" */
} effnet_info;

typedef struct effnet_outputs { /* null: not wanted */
  float* logits;                /* [n][classes] */
  float* features;              /* [n][features]: the average of the last map */
  float* last_map; /* [n][map_height][map_width][features]: the head's output after its activation */
} effnet_outputs;

/* One step of the network, in the order of execution. */
typedef struct effnet_step_profile {
  const char* name;      /* "blocks.3.expand_depthwise" */
  const char* operation; /* "expand_depthwise 28x28x40 -> 28x28x240 k5 s1 swish" */
  double multiply_adds;
  double activations; /* swish and sigmoid evaluations */
  double bytes;       /* read and written at least: input, weights, output */
  int tasks;
  double seconds; /* summed over the runs since effnet_profile_start() */
} effnet_step_profile;

EFFNET_API effnet_status effnet_run(effnet_model* model, const float* input, float* logits);
/* `count` inputs, one after the other (unless option spread_images is 1): inputs [count][resolution][resolution][3]. */
EFFNET_API effnet_status effnet_run_batch(effnet_model* model, int count, const float* inputs,
                                          const effnet_outputs* outputs);
EFFNET_API void effnet_close(effnet_model* model); /* null is fine */

/* A tensor between two layers, after its activation: "stem", "blocks.3.expand", "blocks.3.depthwise",
 * "blocks.3.gated" (the depthwise output times the squeeze-excite's gates), "blocks.3" (the block's output, with
 * its residual), "head" (before the average). */
typedef struct effnet_observed {
  const char* tensor;
  /* [height][width][stride]; of every pixel the first `channels` count. Only during the call */
  float* values;
  int height, width, channels, stride;
} effnet_observed;

/* Called on the thread that runs the model, between steps. It must not call functions of that model. The values may be
 * changed: the run goes on with what is there afterwards. */
typedef void (*effnet_observer)(void* user, const effnet_observed* observed);

/* effnet_run() that shows every tensor, in the order of the data, to `observer`. The library must have been
 * compiled with effnetc compile --observe; of another one EFFNET_INVALID_ARGUMENT, after a run that shows nothing. */
EFFNET_API effnet_status effnet_run_observed(effnet_model* model, const float* input, float* logits,
                                             effnet_observer observer, void* user);

/* RGB pixels, 8 bits a channel, `stride` bytes from row to row -> the network's input: resize (Pillow's 8-bit
 * resampler, bit for bit), centre crop, normalisation, all as the weights file says.
 * Allocates while it runs. */
EFFNET_API effnet_status effnet_prepare(const effnet_model* model, const uint8_t* rgb, int width, int height,
                                        size_t stride, float* input);

/* The part of a picture of this size that effnet_prepare keeps, in its pixels: the last map lies over it. */
typedef struct effnet_region {
  double left, top, width, height;
} effnet_region;
EFFNET_API effnet_status effnet_get_region(const effnet_model* model, int width, int height,
                                           effnet_region* out);

/* Takes another classifier from a head file (safetensors: "weight" f32 [classes][features], "bias" f32
 * [classes], metadata "labels" and "fingerprint"). Null: back to the weights' own. */
EFFNET_API effnet_status effnet_set_head(effnet_model* model, const char* head_path);

/* One class of the classifier in use: logit = bias + sum of weights[i] * features[i]. `bias` may be null. */
EFFNET_API effnet_status effnet_get_class(const effnet_model* model, int class_index, float* weights,
                                          float* bias);

EFFNET_API const effnet_info* effnet_get_info(const effnet_model* model);
EFFNET_API const char* effnet_error(
    const effnet_model* model); /* of the model's last failed call; "" when none */
EFFNET_API const char* effnet_status_text(effnet_status status);

/* logits -> probabilities, in place allowed. */
EFFNET_API void effnet_softmax(const float* logits, int classes, float* probabilities);

EFFNET_API void effnet_profile_start(
    effnet_model* model); /* measures every step from now on; clears the sums */
EFFNET_API void effnet_profile_stop(effnet_model* model);
/* effnet_info.steps entries. */
EFFNET_API const effnet_step_profile* effnet_get_profile(const effnet_model* model);

#ifdef __cplusplus
}
#endif

#endif
