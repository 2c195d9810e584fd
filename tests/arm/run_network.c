/* Runs one image through a compiled network on another CPU:
 *
 *   run_network WEIGHTS INPUT OUTPUT THREADS TARGET ARENA_BYTES [WIDTH HEIGHT]
 *
 * Files hold float32; with WIDTH and HEIGHT INPUT is a picture, RGB bytes. OUTPUT gets logits, features, the last map and the arena, which is filled with values that
 * would show before the run. Compiled with -DHEADER='"name.h"' -DOPEN=name_open_memory. */
#include <stdio.h>
#include <stdlib.h>

#include HEADER

static void fail(const char* what, const char* why) {
  fprintf(stderr, "%s: %s\n", what, why);
  exit(1);
}

static void* allocate(size_t bytes) {
  void* memory = aligned_alloc(64, (bytes + 63) / 64 * 64);
  if (!memory) fail("run_network", "out of memory");
  return memory;
}

static void* read_file(const char* path, size_t* bytes) {
  FILE* file = fopen(path, "rb");
  if (!file || fseek(file, 0, SEEK_END) != 0) fail(path, "cannot be read");
  *bytes = (size_t)ftell(file);
  void* memory = allocate(*bytes);
  rewind(file);
  if (fread(memory, 1, *bytes, file) != *bytes) fail(path, "cannot be read");
  fclose(file);
  return memory;
}

static float* add(FILE* file, float* values, size_t count) {
  if (fwrite(values, sizeof *values, count, file) != count) fail("output", "cannot be written");
  return values;
}

static float* prepared(const effnet_model* model, void* picture, int width, int height) {
  const size_t resolution = (size_t)effnet_get_info(model)->resolution;
  float* input = allocate(3 * resolution * resolution * sizeof *input);
  if (effnet_prepare(model, picture, width, height, 3 * (size_t)width, input) != EFFNET_OK)
    fail("prepare", effnet_error(model));
  free(picture);
  return input;
}

int main(int argc, char** argv) {
  if (argc != 7 && argc != 9) fail(argv[0], "WEIGHTS INPUT OUTPUT THREADS TARGET ARENA_BYTES are needed");
  size_t weights_bytes, input_bytes;
  const void* weights = read_file(argv[1], &weights_bytes);
  void* input = read_file(argv[2], &input_bytes);
  const int width = argc == 9 ? atoi(argv[7]) : 0, height = argc == 9 ? atoi(argv[8]) : 0;
  char error[300] = "";
  effnet_options options = {0};
  options.threads = atoi(argv[4]);
  options.target = argv[5];
  options.arena_bytes = (size_t)strtoull(argv[6], NULL, 10);
  float* arena = allocate(options.arena_bytes);
  const size_t arena_floats = options.arena_bytes / sizeof *arena;
  for (size_t i = 0; i < arena_floats; ++i) arena[i] = 1e30f;
  options.arena = arena;
  options.error = error;
  options.error_bytes = sizeof error;

  effnet_model* model;
  if (OPEN(weights, weights_bytes, &options, &model) != EFFNET_OK) fail("open", error);
  const effnet_info* info = effnet_get_info(model);
  const size_t classes = (size_t)info->classes, features = (size_t)info->features;
  const size_t map = features * (size_t)info->map_height * (size_t)info->map_width;
  const size_t pixels = (size_t)info->resolution * (size_t)info->resolution;
  if (input_bytes != (width ? (size_t)3 * width * height : sizeof(float) * 3 * pixels))
    fail(argv[2], "is not one image");
  if (width) input = prepared(model, input, width, height);
  const effnet_outputs outputs = {allocate(classes * sizeof(float)), allocate(features * sizeof(float)),
                                  allocate(map * sizeof(float))};
  if (effnet_run_batch(model, 1, input, &outputs) != EFFNET_OK) fail("run", effnet_error(model));

  FILE* file = fopen(argv[3], "wb");
  if (!file) fail(argv[3], "cannot be written");
  free(add(file, outputs.logits, classes));
  free(add(file, outputs.features, features));
  free(add(file, outputs.last_map, map));
  add(file, arena, arena_floats);
  if (fclose(file) != 0) fail(argv[3], "cannot be written");
  effnet_close(model);
  free(arena);
  free((void*)weights);
  free(input);
  return 0;
}
