#include "tasks/histogram.h"

#include <algorithm>
#include <cmath>

namespace effnet {
namespace {

// Finer than float32 can tell, and coarse enough for an index to be a whole number of 64 bits.
constexpr int finest_below_largest = 40, finest_of_all = -180;

std::int64_t index_of(float value, int exponent) {
  return static_cast<std::int64_t>(std::floor(std::ldexp(static_cast<double>(value), -exponent)));
}

// The finest bins that are few enough.
int exponent_for(float lowest, float highest) {
  const float largest = std::max(std::fabs(lowest), std::fabs(highest));
  int exponent =
      largest > 0 ? std::max(std::ilogb(largest) - finest_below_largest, finest_of_all) : finest_of_all;
  while (index_of(highest, exponent) - index_of(lowest, exponent) >= Histogram::most_bins) ++exponent;
  return exponent;
}

}  // namespace

void Histogram::widen(float lowest, float highest) {
  minimum_ = used_ ? std::min(minimum_, lowest) : lowest;
  maximum_ = used_ ? std::max(maximum_, highest) : highest;
  const int exponent = exponent_for(minimum_, maximum_);
  if (!used_) exponent_ = exponent;
  used_ = true;
  coarsen(exponent);
  make_room(effnet::index_of(minimum_, exponent_), effnet::index_of(maximum_, exponent_));
}

// Every bin is a part of a wider one.
void Histogram::coarsen(int exponent) {
  const int shift = std::min(exponent - exponent_, 62);  // then all that is left are the two bins beside 0
  exponent_ = exponent;
  if (shift == 0 || counts_.empty()) return;
  const std::int64_t first = first_ >> shift;
  std::vector<std::int64_t> wider(
      static_cast<std::size_t>(((first_ + std::ssize(counts_) - 1) >> shift) - first + 1));
  for (std::size_t i = 0; i < counts_.size(); ++i)
    wider[static_cast<std::size_t>(((first_ + static_cast<std::int64_t>(i)) >> shift) - first)] += counts_[i];
  counts_ = std::move(wider);
  first_ = first;
}

void Histogram::make_room(std::int64_t first, std::int64_t last) {
  if (counts_.empty()) first_ = first;
  if (first < first_) {
    counts_.insert(counts_.begin(), static_cast<std::size_t>(first_ - first), 0);
    first_ = first;
  }
  counts_.resize(std::max(counts_.size(), static_cast<std::size_t>(last - first_ + 1)));
}

void Histogram::count(std::span<const float> values) {
  const double bins_of_one = std::ldexp(1.0, -exponent_);
  for (const float value : values) {
    const auto index = static_cast<std::int64_t>(std::floor(value * bins_of_one));
    ++counts_[static_cast<std::size_t>(index - first_)];
    zeros_ += value == 0;
  }
  total_ += std::ssize(values);
}

void Histogram::merge(const Histogram& other) {
  if (!other.used_) return;
  widen(other.minimum_, other.maximum_);
  Histogram same = other;
  same.coarsen(exponent_);
  for (std::size_t i = 0; i < same.counts_.size(); ++i)
    counts_[static_cast<std::size_t>(same.first_ - first_) + i] += same.counts_[i];
  total_ += same.total_;
  zeros_ += same.zeros_;
}

std::vector<Histogram::Bin> Histogram::bins() const {
  std::vector<Bin> result;
  const auto within = [&](std::int64_t index) {
    return std::clamp(std::ldexp(static_cast<double>(index), exponent_), static_cast<double>(minimum_),
                      static_cast<double>(maximum_));
  };
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    const std::int64_t index = first_ + static_cast<std::int64_t>(i);
    if (counts_[i] > 0) result.push_back({within(index), within(index + 1), counts_[i]});
  }
  return result;
}

}  // namespace effnet
