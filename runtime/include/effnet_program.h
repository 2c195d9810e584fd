/* What a generated pipeline and the runtime tell each other. Not for applications; changes with
 * EFFNET_PROGRAM_ABI. */
#ifndef EFFNET_PROGRAM_H
#define EFFNET_PROGRAM_H

#include "effnet.h"

#ifdef __cplusplus
extern "C" {
#endif

#define EFFNET_PROGRAM_ABI 2

typedef struct effnet_context effnet_context; /* the runtime's side of one run */

typedef enum effnet_element { EFFNET_F32, EFFNET_BF16, EFFNET_I8 } effnet_element;

/* One tensor that the weights file must have, a multiple of 64 bytes (models/packing.h). */
typedef struct effnet_tensor {
  const char* name;
  effnet_element element;
  int rank;
  int shape[5];
} effnet_tensor;

typedef struct effnet_step {
  const char *name, *operation; /* as in effnet_step_profile */
  double multiply_adds, activations, bytes;
  int tasks;
  double paired_multiply_adds; /* of the multiply-adds: two bf16 or four 8 bit products in one lane at once */
} effnet_step;

/* The pointers of one run over one image. */
typedef struct effnet_frame {
  const float* input;         /* [resolution][resolution][3] */
  unsigned char* arena;       /* activations, at the offsets that the plan chose; 64 byte aligned */
  const void* const* weights; /* in the order of effnet_program.tensors; the last ones are the classifier's */
  float* logits;              /* [classifier_panels][16] */
  int classifier_panels;      /* of the head in use */
} effnet_frame;

/* One task of a step: `arguments` is what effnet_run_step got, `scratch` this worker's part of the arena. */
typedef void (*effnet_step_task)(const void* arguments, int task, void* scratch);

/* Runs all tasks of a step and returns when they are done. Called by the generated run(), step after step. */
EFFNET_API void effnet_run_step(effnet_context* context, int step, int tasks, effnet_step_task task,
                                const void* arguments);

/* Of a library that was compiled to observe: `map` [height][width][channels rounded up to 16] in the arena is whole.
 * Where `gates` [channels rounded up to 16] are not null, the tensor is the map times these: it is written to `gated`,
 * from where the next step reads it. */
EFFNET_API void effnet_observe(effnet_context* context, const char* tensor, void* map, const void* gates,
                               void* gated, int height, int width, int channels);

/* Instruction sets that a variant needs; several bits may be set. */
enum effnet_cpu_features {
  EFFNET_CPU_SSE41 = 1 << 0,
  EFFNET_CPU_AVX = 1 << 1, /* with the OS's support of its registers (XCR0), likewise AVX-512 */
  EFFNET_CPU_AVX2 = 1 << 2,
  EFFNET_CPU_FMA = 1 << 3,
  EFFNET_CPU_F16C = 1 << 4,
  EFFNET_CPU_AVX512 = 1 << 5,      /* F, CD */
  EFFNET_CPU_AVX512_VL = 1 << 6,   /* VL, BW, DQ: Skylake's */
  EFFNET_CPU_AVX512_VNNI = 1 << 7, /* VNNI, IFMA, VBMI, VBMI2, BITALG, VPOPCNTDQ */
  EFFNET_CPU_AVX512_BF16 = 1 << 8,
  EFFNET_CPU_AMX = 1 << 9, /* tile, bf16, int8 */
  EFFNET_CPU_NEON = 1 << 10,
  EFFNET_CPU_ARM_DOT = 1 << 11,
  EFFNET_CPU_RVV = 1 << 12 /* RISC-V's vectors, of 128 bits */
};

/* One instruction set's version of the network. */
typedef struct effnet_variant {
  const char* target;        /* as effnetc was told: "x86-64-v4" */
  unsigned int cpu_features; /* effnet_cpu_features */
  const effnet_step* steps;
  int step_count;
  size_t activation_bytes; /* the arena's first part; the features and the last map lie in it */
  size_t scratch_bytes;    /* per worker, behind the activations; a multiple of 64 */
  size_t features_offset;  /* float [features rounded up to 16] */
  size_t last_map_offset;  /* float [map_height][map_width][features rounded up to 16] */
  void (*run)(effnet_context* context, const effnet_frame* frame);
} effnet_variant;

typedef struct effnet_program {
  int abi; /* EFFNET_PROGRAM_ABI of the generator */
  const char *name, *network, *fingerprint;
  const char* precision; /* element type: "fp32", "bf16", "int8-weights", "int8" */
  int weights_format_version;
  int resolution, classes, features, map_height, map_width;
  const effnet_tensor*
      tensors; /* the file's tensors in its order; the last ones are the classifier's [scale,] weight and bias */
  int tensor_count;
  const effnet_variant* variants; /* best first */
  int variant_count;
} effnet_program;

/* What <name>_open, <name>_open_memory and <name>_arena_bytes call. `weights` of open_memory is used in
 * place: 64 byte aligned, alive and unchanged until close. */
EFFNET_API effnet_status effnet_open_program(const effnet_program* program, const char* weights_path,
                                             const effnet_options* options, effnet_model** out);
EFFNET_API effnet_status effnet_open_program_memory(const effnet_program* program, const void* weights,
                                                    size_t bytes, const effnet_options* options,
                                                    effnet_model** out);
EFFNET_API size_t effnet_program_arena_bytes(const effnet_program* program, const effnet_options* options);

#ifdef __cplusplus
}
#endif

#endif
