// Which instruction sets this CPU and its operating system
// offer, and which variant of a network runs best on them.
#pragma once

#include "formats/safetensors.h"
#include "runtime/include/effnet_program.h"

namespace effnet::runtime {

unsigned cpu_features();  // effnet_cpu_features

// The variant called `target`, or, when that is null or empty, the one in the
// environment's EFFNET_TARGET, or the first that this CPU runs. EFFNET_INVALID_ARGUMENT:
// no such variant; EFFNET_UNSUPPORTED_CPU: it does not run here.
effnet_status choose_variant(const effnet_program& program, const char* target, ErrorText error,
                             const effnet_variant** out);

}  // namespace effnet::runtime
