// A .weights file: checked against what the program was compiled for, then used in place.
#pragma once

#include "runtime/failure.h"
#include "runtime/head.h"
#include "runtime/include/effnet_program.h"
#include "runtime/labels.h"
#include "runtime/preprocessing.h"

namespace effnet::runtime {

struct Weights {
  Block<const void*>
      tensors;  // in the program's order; they point into the file, the classifier's to the head in use
  const void* own_classifier[3];  // the file's own: [scale,] weight, bias
  Preprocessing preprocessing;
  Labels labels;
};

// Checks header, lengths, shapes and fingerprint; values were checked when the file was made. `file` must
// begin on a 64 byte boundary and outlive `out`; `where` names it in error texts.
effnet_status read_weights(const effnet_program& program, std::span<const std::byte> file,
                           const Allocator& allocator, const char* where, ErrorText error, Weights& out);

}  // namespace effnet::runtime
