// Opening the tiny program: what came of it, and the error's text.
#pragma once

#include <string>

#include "tests/runtime/tiny_program.h"

namespace effnet::tiny {

struct Attempt {
  effnet_status status;
  std::string text;
};

// Opens and closes; checks that there is a model exactly where there is no error.
Attempt attempt(const std::string& weights, effnet_options options = {});
Attempt attempt_path(const char* path);

}  // namespace effnet::tiny
