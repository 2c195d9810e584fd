/* A network as effnetc would write it, small enough to be checked by hand: 8 x 8 pixels, a last map of 2 x 2
 * (the means of the picture's quarters, plus "stem.bias"), 3 features and 3 classes. Tests give it weights of
 * their own. */
#include "effnet_program.h"

#ifndef FAKE_ABI
#define FAKE_ABI EFFNET_PROGRAM_ABI
#endif

#if defined(__x86_64__)
#define FOREIGN_FEATURE EFFNET_CPU_NEON
#else
#define FOREIGN_FEATURE EFFNET_CPU_AVX
#endif

enum { side = 8, half = side / 2, channels = 3, panel = 16, quarters = 4 };
enum {
  last_map_offset = 0,
  features_offset = quarters * panel * 4,
  activation_bytes = features_offset + panel * 4
};

static float* last_map(const effnet_frame* frame) { return (float*)(void*)(frame->arena + last_map_offset); }
static float* features(const effnet_frame* frame) { return (float*)(void*)(frame->arena + features_offset); }

/* One task a quarter. */
static void stem(const void* arguments, int task, void* scratch) {
  const effnet_frame* frame = (const effnet_frame*)arguments;
  const float* corner = frame->input + ((task / 2) * half * side + (task % 2) * half) * channels;
  float* out = last_map(frame) + task * panel;
  (void)scratch;
  for (int c = 0; c < panel; c++) {
    float sum = 0;
    for (int y = 0; y < half && c < channels; y++)
      for (int x = 0; x < half; x++) sum += corner[(y * side + x) * channels + c];
    out[c] = sum / (half * half) + ((const float*)frame->weights[0])[c];
  }
}

static void head(const void* arguments, int task, void* scratch) {
  const effnet_frame* frame = (const effnet_frame*)arguments;
  const float* map = last_map(frame);
  (void)task, (void)scratch;
  for (int c = 0; c < panel; c++)
    features(frame)[c] = (map[c] + map[panel + c] + map[2 * panel + c] + map[3 * panel + c]) / quarters;
}

/* One task a panel of 16 classes. */
static void classifier(const void* arguments, int task, void* scratch) {
  const effnet_frame* frame = (const effnet_frame*)arguments;
  const float* weight = (const float*)frame->weights[1] + task * channels * panel;
  const float* bias = (const float*)frame->weights[2] + task * panel;
  (void)scratch;
  for (int c = 0; c < panel; c++) {
    float sum = bias[c];
    for (int i = 0; i < channels; i++) sum += weight[i * panel + c] * features(frame)[i];
    frame->logits[task * panel + c] = sum;
  }
}

#ifdef FAKE_OBSERVES
/* What a library that was compiled to observe shows: as if there were a block behind the stem. */
static void observe(effnet_context* context, const effnet_frame* frame) {
  static const float gates[panel] = {0.5f, 0.25f, 2};
  static _Thread_local float gated[quarters * panel]; /* models run in several threads */
  float* map = last_map(frame);
  effnet_observe(context, "stem", map, NULL, NULL, side / half, side / half, channels);
  effnet_observe(context, "blocks.0.depthwise", map, NULL, NULL, side / half, side / half, channels);
  effnet_observe(context, "blocks.0.gated", map, gates, gated, side / half, side / half, channels);
  effnet_observe(context, "blocks.0", map, NULL, NULL, side / half, side / half, channels);
  effnet_observe(context, "head", map, NULL, NULL, side / half, side / half, channels);
}
#endif

static void run(effnet_context* context, const effnet_frame* frame) {
  effnet_run_step(context, 0, quarters, stem, frame);
#ifdef FAKE_OBSERVES
  observe(context, frame);
#endif
  effnet_run_step(context, 1, 1, head, frame);
  effnet_run_step(context, 2, frame->classifier_panels, classifier, frame);
}

static const effnet_tensor tensors[] = {
    {"stem.bias", EFFNET_F32, 1, {panel}},
    {"classifier.weight", EFFNET_F32, 3, {1, channels, panel}},
    {"classifier.bias", EFFNET_F32, 1, {panel}},
};

static const effnet_step steps[] = {
    {"stem", "stem 8x8x3 -> 2x2x3", side* side* channels, 0, 832, quarters, 0},
    {"head", "head 2x2x3 -> 3", 4 * channels, 5, 300, 1, 0},
    {"classifier", "classifier 3 -> 3", channels * 3, 0, 300, 1, 0},
};

/* The first does not run on the machine that this was compiled for. */
static const effnet_variant variants[] = {
    {"foreign", FOREIGN_FEATURE, steps, 3, activation_bytes, 64, features_offset, last_map_offset, run},
    {"plain", 0, steps, 3, activation_bytes, 64, features_offset, last_map_offset, run},
};

static const effnet_program program = {
    FAKE_ABI, "fake", "fake_network", "0123456789abcdef", "fp32", 1, side, 3, 3, 2, 2, tensors, 3,
    variants, 2,
};

EFFNET_API const effnet_program* fake_program(void);
EFFNET_API effnet_status fake_open(const char* weights_path, const effnet_options* options,
                                   effnet_model** out);
EFFNET_API effnet_status fake_open_memory(const void* weights, size_t bytes, const effnet_options* options,
                                          effnet_model** out);

const effnet_program* fake_program(void) { return &program; }

effnet_status fake_open(const char* weights_path, const effnet_options* options, effnet_model** out) {
  return effnet_open_program(&program, weights_path, options, out);
}

effnet_status fake_open_memory(const void* weights, size_t bytes, const effnet_options* options,
                               effnet_model** out) {
  return effnet_open_program_memory(&program, weights, bytes, options, out);
}
