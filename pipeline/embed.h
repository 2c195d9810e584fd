// Weights inside a library: an assembler file that takes a .weights file in as it is.
#pragma once

#include <string>

#include "base/status.h"
#include "models/element.h"
#include "models/network.h"

namespace effnet {

struct EmbeddedWeights {
  std::string path;  // of the .weights file; empty: none
  std::size_t bytes = 0;
};

// Whether this file is a .weights file of that network and type; its size. What is wrong is found here, not when an
// application opens it.
Result<EmbeddedWeights> check_embedded(const std::string& path, const Network& network, Precision precision);

// <name>_weights.S: the symbol <name>_weights, local to the finished library, on a 64 byte boundary. For the
// assemblers of gcc and clang, on ELF, Mach-O, COFF and WebAssembly.
std::string emit_weights_source(const std::string& library, const EmbeddedWeights& weights);

}  // namespace effnet
