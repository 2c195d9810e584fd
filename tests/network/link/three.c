/* three B0_WEIGHTS B0_INPUT LITE_WEIGHTS LITE_INPUT: two fat libraries and a foreign user of Halide's runtime in one
 * program. Prints the targets in use, the first logits of both networks, and what the foreign code computes. */
#include <stdio.h>

#include "HalideRuntime.h"
#include "b0.h"
#include "foreign.h"
#include "lite.h"

static float b0_input[B0_RESOLUTION * B0_RESOLUTION * 3], b0_logits[B0_CLASSES];
static float lite_input[LITE_RESOLUTION * LITE_RESOLUTION * 3], lite_logits[LITE_CLASSES];

static int read_floats(const char* path, float* values, size_t count) {
  FILE* file = fopen(path, "rb");
  int whole = file && fread(values, sizeof *values, count, file) == count;
  if (file) fclose(file);
  return whole;
}

static int run_foreign(int* values) {
  halide_dimension_t shape = {0, 8, 1, 0};
  halide_buffer_t buffer = {0};
  buffer.host = (uint8_t*)values;
  buffer.type.code = halide_type_int;
  buffer.type.bits = 32;
  buffer.type.lanes = 1;
  buffer.dimensions = 1;
  buffer.dim = &shape;
  return foreign(&buffer);
}

static void print_logits(const effnet_model* model, const float* logits) {
  int i;
  printf("%s", effnet_get_info(model)->target);
  for (i = 0; i < 8; ++i) printf(" %.9g", (double)logits[i]);
  printf("\n");
}

int main(int count, char** arguments) {
  effnet_model *b0, *lite;
  int values[8] = {0}, round;
  if (count != 5 || !read_floats(arguments[2], b0_input, sizeof b0_input / sizeof *b0_input) ||
      !read_floats(arguments[4], lite_input, sizeof lite_input / sizeof *lite_input))
    return 1;
  if (b0_open(arguments[1], NULL, &b0) != EFFNET_OK || lite_open(arguments[3], NULL, &lite) != EFFNET_OK)
    return 2;
  for (round = 0; round < 2; ++round) {
    if (effnet_run(b0, b0_input, b0_logits) != EFFNET_OK ||
        effnet_run(lite, lite_input, lite_logits) != EFFNET_OK)
      return 3;
    if (run_foreign(values) != 0) return 4;
  }
  print_logits(b0, b0_logits);
  print_logits(lite, lite_logits);
  printf("%d %d\n", values[0], values[7]);
  effnet_close(b0);
  effnet_close(lite);
  return 0;
}
