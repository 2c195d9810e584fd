#include "tests/runtime/attempt.h"

#include "tests/catch.h"

namespace effnet::tiny {

Attempt attempt(const std::string& bytes, effnet_options options) {
  Program program;
  AlignedBytes weights(bytes);
  char text[600] = "old";
  options.error = text;
  options.error_bytes = sizeof text;
  effnet_model* model = nullptr;
  effnet_status status =
      effnet_open_program_memory(&program, weights.data(), weights.size(), &options, &model);
  CHECK((model != nullptr) == (status == EFFNET_OK));
  CHECK((text[0] == '\0') == (status == EFFNET_OK));
  effnet_close(model);
  return {status, text};
}

Attempt attempt_path(const char* path) {
  Program program;
  char text[600] = "";
  effnet_options options = {};
  options.error = text;
  options.error_bytes = sizeof text;
  effnet_model* model = nullptr;
  effnet_status status = effnet_open_program(&program, path, &options, &model);
  CHECK((model != nullptr) == (status == EFFNET_OK));
  effnet_close(model);
  return {status, text};
}

}  // namespace effnet::tiny
