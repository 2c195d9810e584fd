/* Weights and memory are parts of the program: nothing to find, nothing to allocate but for the preparation.
 *
 *   embedded 600 400 < pixels.rgb */
#include <stdio.h>
#include <stdlib.h>

#include "lite0.h"

static unsigned char rgb[4096 * 4096][3];
static float input[LITE0_RESOLUTION * LITE0_RESOLUTION * 3], logits[LITE0_CLASSES];
/* What a run in one thread needs. */
static _Alignas(64) unsigned char arena[LITE0_ARENA_BYTES + LITE0_ARENA_BYTES_PER_THREAD];

static int failed(const char* why) { return fprintf(stderr, "embedded: %s\n", why), 1; }

int main(int argc, char** argv) {
  if (argc != 3) return failed("WIDTH HEIGHT < pixels.rgb is needed");
  const long width = atol(argv[1]), height = atol(argv[2]);
  const size_t pixels = fread(rgb, sizeof rgb[0], sizeof rgb / sizeof rgb[0], stdin);
  if (width < 1 || width > 65535 || height != (long)pixels / width || pixels % (size_t)width)
    return failed("standard input has not WIDTH x HEIGHT pixels");

  char error[300] = "";
  effnet_options options = {
      .arena = arena, .arena_bytes = sizeof arena, .error = error, .error_bytes = sizeof error};
  effnet_model* model;
  if (lite0_open_embedded(&options, &model)) return failed(error);
  if (effnet_prepare(model, rgb[0], (int)width, (int)height, 3 * (size_t)width, input) ||
      effnet_run(model, input, logits))
    return failed(effnet_error(model));
  int top = 0;
  for (int i = 1; i < LITE0_CLASSES; ++i)
    if (logits[i] > logits[top]) top = i;
  effnet_softmax(logits, LITE0_CLASSES, logits);
  printf("%s %.3f\n", effnet_get_info(model)->labels[top], logits[top]);
  effnet_close(model);
}
