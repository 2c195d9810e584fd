// How a picture becomes a network's input: travels with the weights as metadata.
#pragma once

#include "runtime/failure.h"

namespace effnet::runtime {

struct Preprocessing {
  float mean[3], std[3];  // of pixels in 0..1
  double crop;  // shorter side is resized to floor(resolution / crop); double, so that the floor is exact
  effnet_interpolation interpolation;
};

// Reads "mean", "std", "crop" and "interpolation". `where` begins the error text.
effnet_status read_preprocessing(const Safetensors& file, const char* where, ErrorText error,
                                 Preprocessing& out);

}  // namespace effnet::runtime
