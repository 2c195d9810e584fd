// Trained weights of any dialect -> a .weights file: names mapped, BatchNorm folded, packed
// (models/packing.h), with preprocessing and labels as metadata.
#pragma once

#include <array>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "formats/tensor_file.h"
#include "models/element.h"
#include "models/network.h"

namespace effnet {

// From a picture to the network's input: shorter side to
// resolution / crop, centre crop, (pixel / 255 - mean) / std.
struct Preprocessing {
  std::array<double, 3> mean{}, std{};  // red, green, blue
  double crop = 0.875;
  Interpolation interpolation = Interpolation::bicubic;
};

// What overrides the defaults of network, dialect and config.json.
struct ImportOptions {
  Precision precision = Precision::fp32;
  std::optional<std::string> calibration;   // a path; of int8, which needs one, and of nothing else
  std::optional<double> most_weight_error;  // instead of the precision's
  std::optional<int> classes;
  std::optional<std::array<double, 3>> mean, std;
  std::optional<double> crop;
  std::optional<Interpolation> interpolation;
  std::optional<std::vector<std::string>> labels;
  std::function<void(const std::string&)> warn;  // may be empty
};

// Where tensors came from; goes into the metadata of the .weights file.
struct WeightsSource {
  std::string where;   // names the source in messages
  std::string format;  // "safetensors"
  std::string sha256;
};

// Reads the file (and a config.json beside a safetensors file) and writes `output_path`, whole or not at all.
Status import_weights(const NetworkConfig& config, const std::string& weights_path,
                      const ImportOptions& options, const std::string& output_path);

// The same of tensors in memory.
Status import_tensors(const NetworkConfig& config, const SourceTensors& tensors, const WeightsSource& source,
                      const ImportOptions& options, const std::string& output_path);

const std::vector<std::string>& imagenet_labels();  // of the 1000 classes

// One label a line.
Result<std::vector<std::string>> read_labels(const std::string& path);

}  // namespace effnet
