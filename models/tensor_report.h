// Whether a file's tensors are those of a network in some dialect; if not, all that is wrong in one line.
#pragma once

#include "models/dialects/dialect.h"

namespace effnet {

// The dialect that most of the network's tensors are found in.
Result<const Dialect*> recognise_dialect(const Network& network, const SourceTensors& tensors,
                                         const std::string& where);

// All missing, unexpected and misshapen tensors with the nearest names, then a named network that would fit.
Status check_tensors(const Network& network, const Dialect& dialect, const SourceTensors& tensors,
                     const std::string& where);

}  // namespace effnet
