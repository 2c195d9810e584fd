// An application in C++ that uses effnet.hpp and must link without libstdc++.
#include "effnet.hpp"

#include "effnet_program.h"

namespace {

constexpr effnet_program program = {.abi = EFFNET_PROGRAM_ABI + 1,
                                    .name = "application",
                                    .network = "",
                                    .fingerprint = "",
                                    .precision = "fp32",
                                    .weights_format_version = 1,
                                    .resolution = 0,
                                    .classes = 0,
                                    .features = 0,
                                    .map_height = 0,
                                    .map_width = 0,
                                    .tensors = nullptr,
                                    .tensor_count = 0,
                                    .variants = nullptr,
                                    .variant_count = 0};

effnet_status application_open(const char* path, const effnet_options* options, effnet_model** out) {
  return effnet_open_program(&program, path, options, out);
}

}  // namespace

int main() {
  effnet::Model model;
  effnet::Error error = model.open(application_open, "none.weights");
  return error.status() == EFFNET_INVALID_ARGUMENT && error.text()[0] != '\0' && !model ? 0 : 1;
}
