// How often values occur: counts in bins of one width, a power of two that grows with the range. The bins follow from
// the values alone: neither their order nor how they were shared out and merged changes a count.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace effnet {

class Histogram {
 public:
  static constexpr std::int64_t most_bins = 4096;  // more than half of them are in use where values differ

  struct Bin {
    double begin, end;  // both within [minimum(), maximum()], equal where one value is all that it can hold
    std::int64_t count;
  };

  // Room for values between two finite ones, which count as seen. Before count().
  void widen(float lowest, float highest);
  void count(std::span<const float> values);
  void merge(const Histogram& other);

  std::int64_t total() const { return total_; }
  std::int64_t zeros() const { return zeros_; }  // values of exactly 0, which are in a bin, too
  float minimum() const { return minimum_; }     // of no values: 0
  float maximum() const { return maximum_; }
  std::vector<Bin> bins() const;  // those that are not empty, ascending

 private:
  void coarsen(int exponent);
  void make_room(std::int64_t first, std::int64_t last);

  bool used_ = false;
  float minimum_ = 0, maximum_ = 0;
  int exponent_ = 0;                  // bin i of the line of numbers: [i, i + 1) * 2^exponent
  std::int64_t first_ = 0;            // the line's bin in counts_[0]
  std::vector<std::int64_t> counts_;  // at most most_bins
  std::int64_t total_ = 0, zeros_ = 0;
};

}  // namespace effnet
