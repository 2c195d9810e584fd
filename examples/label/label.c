/* From RGB pixels to a label:  label lite0.weights 600 400 < pixels.rgb */
#include <stdio.h>
#include <stdlib.h>

#include "lite0.h"

static unsigned char rgb[4096 * 4096][3];
static float input[LITE0_RESOLUTION * LITE0_RESOLUTION * 3], logits[LITE0_CLASSES];

static int failed(const char* why) { return fprintf(stderr, "label: %s\n", why), 1; }

int main(int argc, char** argv) {
  if (argc != 4) return failed("FILE.weights WIDTH HEIGHT < pixels.rgb is needed");
  const long width = atol(argv[2]), height = atol(argv[3]);
  const size_t pixels = fread(rgb, sizeof rgb[0], sizeof rgb / sizeof rgb[0], stdin);
  if (width < 1 || width > 65535 || height != (long)pixels / width || pixels % (size_t)width)
    return failed("standard input has not WIDTH x HEIGHT pixels");

  char error[300] = "";
  effnet_options options = {.error = error, .error_bytes = sizeof error};
  effnet_model* model;
  if (lite0_open(argv[1], &options, &model)) return failed(error);
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
