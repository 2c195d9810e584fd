// Calibration: which real numbers the 256 steps of an int8 map stand for. `effnet calibrate` measures it on pictures,
// import folds it into the weights. A map's value is (step - zero_point) * scale.
//
// The file is JSON:
//
//   {"format": "effnet calibration 1", "network": "efficientnet_b0", "fingerprint": "16 hexadecimal digits",
//    "pictures": 200, "method": "percentile",
//    "tensors": {"stem": {"minimum": -0.28, "maximum": 5.1, "scale": 0.021, "zero_point": 13, "loss": 0.0004,
//                         "means": [0.31, ...]}, ...},
//    "kept": ["blocks.3"]}
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "models/element.h"
#include "models/network.h"

namespace effnet {

struct CalibratedTensor {
  double minimum = 0, maximum = 0;  // of all that was seen
  float scale = 1;
  int zero_point = 0;  // the step of 0, in 0..255
  double loss = 0;     // what the steps change, to the values: mean of the squares to mean of the squares
  std::vector<double> means;  // of every channel; may be empty
};

struct Calibration {
  std::string network;      // its name
  std::string fingerprint;  // of models/packing.h for fp32: tells networks of other shapes apart
  std::int64_t pictures = 0;
  std::string method;  // that chose the ranges: for people
  std::map<std::string, CalibratedTensor> tensors;
  std::vector<std::string> kept;  // blocks ("blocks.3") that stay in float32
};

// The tensors of a network's calibration, in the order of the data, each after its activation:
//
//   stem               the stem's output
//   blocks.N.expand    the expanded map, which exists only inside of a step; in blocks with an expansion
//   blocks.N.depthwise the depthwise output
//   blocks.N.gated     the same times the gates: the projection's input; in blocks with squeeze-excite
//   blocks.N           the block's output, after the residual
//   head               the head's map, before it is averaged
std::vector<std::string> calibrated_tensors(const Network& network);

// Of these tensors, in the order of the data, those that an int8 library stores in 8 bits, each with what reads it: a
// block, or "head". A tensor stays float32 where the block that reads it is kept. Expanded maps and the head's never
// leave their step; the stem's map has 8 bits only where an expansion reads it.
std::map<std::string, std::string> stored_tensors(const std::vector<std::string>& tensors);

// Reads a file of `network` and checks every number. Any failure is one line that begins with the path.
Result<Calibration> read_calibration(const std::string& path, const Network& network);

// The calibration that an element type needs: of int8 the file at `path`; of the others, for which there must be none, an
// empty one. Marks the network's layers that it keeps in float32.
Result<Calibration> take_calibration(const std::optional<std::string>& path, Precision precision,
                                     Network& network);

// The same as read_calibration() of a text; `where` names it in messages.
Result<Calibration> parse_calibration(const std::string& text, const Network& network,
                                      const std::string& where);

// Whole or not at all; refuses wrong numbers. Which tensors the network has is checked when the file is read.
Status write_calibration(const Calibration& calibration, const std::string& path);

}  // namespace effnet
