/* An application in C: compiled with every warning an error, linked by a plain C compiler. */
#include <stdio.h>
#include <string.h>

#include "effnet.h"
#include "effnet_program.h"

int main(void) {
  effnet_program program;
  effnet_options options;
  effnet_model* model = NULL;
  char text[200] = "";
  memset(&program, 0, sizeof program);
  memset(&options, 0, sizeof options);
  program.abi = EFFNET_PROGRAM_ABI;
  program.name = "application";
  options.error = text;
  options.error_bytes = sizeof text;
  if (effnet_open_program(&program, "none.weights", &options, &model) != EFFNET_UNSUPPORTED_CPU) return 1;
  if (model != NULL) return 2;
  puts(text);
  return strcmp(text, "application: none of this library's targets runs on this CPU: none") == 0 ? 0 : 3;
}
