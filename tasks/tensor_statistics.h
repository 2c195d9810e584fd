// What calibration learns of a network's tensors from pictures: how often values occur, and every channel's mean.
#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "tasks/histogram.h"

namespace effnet {

// A tensor of one picture: [pixels][stride], of which the first `channels` of a pixel count.
struct TensorView {
  std::string name;
  const float* values = nullptr;
  std::size_t pixels = 0, channels = 0, stride = 0;
};

struct TensorStatistics {
  std::string name;
  Histogram histogram;
  std::vector<double> sums;  // of every channel
  std::int64_t pixels = 0;

  std::vector<double> means() const;
};

// Of all tensors of a network, in the order of the data. Those of two sets of pictures can be joined; the same pictures
// in the same order give the same bits.
class NetworkStatistics {
 public:
  // An error where a value is no number.
  Status add(const TensorView& tensor);
  void merge(const NetworkStatistics& other);
  const std::vector<TensorStatistics>& tensors() const { return tensors_; }

 private:
  TensorStatistics& find(const std::string& name, std::size_t channels);

  std::vector<TensorStatistics> tensors_;
};

}  // namespace effnet
