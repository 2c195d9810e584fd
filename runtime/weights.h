// A .weights file: checked against what the program was compiled for, then used in place.
#pragma once

#include "runtime/failure.h"
#include "runtime/include/effnet_program.h"
#include "runtime/labels.h"
#include "runtime/preprocessing.h"

namespace effnet::runtime {

struct Weights {
  Block<const float*>
      tensors;  // in the program's order; they point into the file, or for the last two to the head in use
  const float* own_classifier[2];  // the file's own last two: weight and bias
  Preprocessing preprocessing;
  Labels labels;
};

// Checks header, lengths, shapes and fingerprint; values were checked when the file was made. `file` must
// begin on a 64 byte boundary and outlive `out`; `where` names it in error texts.
effnet_status read_weights(const effnet_program& program, std::span<const std::byte> file,
                           const Allocator& allocator, const char* where, ErrorText error, Weights& out);

}  // namespace effnet::runtime
