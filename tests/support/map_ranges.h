// A calibration from the plain reference: the range of every map, from the least value to the largest.
#pragma once

#include <map>
#include <string>
#include <utility>

#include "models/calibration.h"
#include "tests/support/reference.h"

namespace effnet::test {

class MapRanges {
 public:
  // Runs the network.
  void see(const Network& network, const PlainWeights& weights, const Tensor3& input);
  Calibration calibration(const Network& network) const;

 private:
  std::int64_t pictures_ = 0;
  std::map<std::string, std::pair<double, double>> ranges_;
};

// The same range for every map, where its values do not matter.
Calibration made_up_calibration(const Network& network, double least = -1, double most = 4.1);

}  // namespace effnet::test
