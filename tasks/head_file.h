// Writes a classifier as a head file, which effnet_set_head() reads (runtime/head.h).
#pragma once

#include <string>
#include <vector>

#include "base/files.h"
#include "formats/safetensors_writer.h"
#include "tasks/features.h"

namespace effnet {

struct HeadFacts {
  std::string fingerprint;          // of the network whose features were learned from
  std::vector<std::string> labels;  // one a class
  Metadata further;                 // how it was made
};

// The file is complete; commit() brings it into its place. Refuses values that are not finite.
Result<AtomicFile> prepare_head(const std::string& path, const LinearHead& head, const HeadFacts& facts);

}  // namespace effnet
