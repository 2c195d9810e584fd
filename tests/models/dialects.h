// Synthetic weights in every dialect, named by rules that are written here a second time.
#pragma once

#include <optional>
#include <string>

#include "models/import.h"
#include "tests/support/tensors.h"

namespace effnet::test {

enum class Names { timm, torchvision, lukemelas };

// Weights that depend on the layer alone: in every dialect the same numbers under other names.
FloatTensors state_dict(const Network& network, Names names);

// A small network that has all kinds of blocks.
NetworkConfig small_config(Padding padding, Family family = Family::efficientnet);
Network build(const NetworkConfig& config);

// The tensors point into `floats`.
SourceTensors as_source(const FloatTensors& floats);

struct Imported {
  std::string failure;  // empty: it worked
  FloatFile file;
};
// Imports from memory into a temporary file and reads that; checks that a failure leaves nothing behind.
Imported import(const NetworkConfig& config, const SourceTensors& tensors, const ImportOptions& options = {});
Imported import(const NetworkConfig& config, const FloatTensors& floats, const ImportOptions& options = {});
// The same from a file, with a config.json beside it when one is given.
Imported import_file(const NetworkConfig& config, const FloatTensors& floats,
                     const ImportOptions& options = {}, const std::optional<std::string>& card = {});

}  // namespace effnet::test
