/* classify WEIGHTS RGB WIDTH HEIGHT: the label of a raw RGB picture. All that an application needs. */
#include <stdio.h>
#include <stdlib.h>

#include "lite.h"

static float input[LITE_RESOLUTION * LITE_RESOLUTION * 3], logits[LITE_CLASSES];

static int fail(const char* text) {
  fprintf(stderr, "classify: %s\n", text);
  return 1;
}

static unsigned char* read_pixels(const char* path, size_t bytes) {
  FILE* file = fopen(path, "rb");
  unsigned char* pixels = file ? malloc(bytes) : NULL;
  if (pixels && fread(pixels, 1, bytes, file) != bytes) {
    free(pixels);
    pixels = NULL;
  }
  if (file) fclose(file);
  return pixels;
}

int main(int count, char** arguments) {
  char error[300] = "";
  effnet_options options = {0};
  effnet_model* model;
  unsigned char* pixels;
  int width, height, i, best = 0;
  if (count != 5) return fail("WEIGHTS RGB WIDTH HEIGHT are needed");
  width = atoi(arguments[3]);
  height = atoi(arguments[4]);
  options.error = error;
  options.error_bytes = sizeof error;
  if (lite_open(arguments[1], &options, &model) != EFFNET_OK) return fail(error);
  pixels = read_pixels(arguments[2], (size_t)width * (size_t)height * 3);
  if (!pixels) return fail("the picture cannot be read");
  if (effnet_prepare(model, pixels, width, height, (size_t)width * 3, input) != EFFNET_OK ||
      effnet_run(model, input, logits) != EFFNET_OK)
    return fail(effnet_error(model));
  for (i = 1; i < LITE_CLASSES; ++i)
    if (logits[i] > logits[best]) best = i;
  printf("%s\n", effnet_get_info(model)->labels[best]);
  free(pixels);
  effnet_close(model);
  return 0;
}
