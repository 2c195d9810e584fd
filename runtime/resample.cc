#include "runtime/resample.h"

#include <cmath>

namespace effnet::runtime {
namespace {

// Keys' cubic with a = -0.5.
double bicubic(double x) {
  constexpr double a = -0.5;
  x = std::fabs(x);
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * a;
  return 0;
}

double bilinear(double x) {
  x = std::fabs(x);
  return x < 1 ? 1 - x : 0;
}

double filter_support(effnet_interpolation interpolation) { return interpolation == EFFNET_BICUBIC ? 2 : 1; }

std::int32_t to_fixed(double weight) {
  return static_cast<std::int32_t>((weight < 0 ? -0.5 : 0.5) + weight * (1 << coefficient_bits));
}

}  // namespace

bool Resampler::prepare(int size, std::int64_t target, std::int64_t begin, int count,
                        effnet_interpolation interpolation, const Allocator& allocator) {
  size_ = size;
  double scale = static_cast<double>(size) / static_cast<double>(target);
  double support = filter_support(interpolation) * (scale < 1 ? 1 : scale);
  max_taps_ = static_cast<int>(std::ceil(support)) * 2 + 1;
  auto outputs = static_cast<std::size_t>(count), width = static_cast<std::size_t>(max_taps_);
  if (!spans_.allocate(allocator, outputs) || !exact_.allocate(allocator, width) ||
      !coefficients_.allocate(allocator, outputs * width)) {
    return false;
  }
  for (std::size_t i = 0; i < outputs; ++i) {
    auto output = begin + static_cast<std::int64_t>(i);
    spans_[i] = compute(output, scale, interpolation, coefficients_.data() + i * width);
  }
  return true;
}

// Shrinking stretches the filter (antialiasing); at the borders it is cut off and what is left is normalised.
// The order of the operations matters: it is what makes the bytes equal.
Resampler::Span Resampler::compute(std::int64_t output, double scale, effnet_interpolation interpolation,
                                   std::int32_t* out) {
  double stretch = scale < 1 ? 1 : scale, support = filter_support(interpolation) * stretch;
  double center = (static_cast<double>(output) + 0.5) * scale, inverse = 1 / stretch;
  double begin = center - support + 0.5, end = center + support + 0.5;
  int first = begin < 0 ? 0 : static_cast<int>(begin);
  int count = (end > size_ ? size_ : static_cast<int>(end)) - first;
  double sum = 0;
  for (int i = 0; i < count; ++i) {
    double x = (i + first - center + 0.5) * inverse;
    double weight = interpolation == EFFNET_BICUBIC ? bicubic(x) : bilinear(x);
    exact_[static_cast<std::size_t>(i)] = weight;
    sum += weight;
  }
  for (int i = 0; i < count; ++i) {
    double weight = exact_[static_cast<std::size_t>(i)];
    out[i] = to_fixed(sum != 0 ? weight / sum : weight);
  }
  return {first, count};
}

Taps Resampler::taps(int output) const {
  auto i = static_cast<std::size_t>(output);
  return {spans_[i].first, spans_[i].count, coefficients_.data() + i * static_cast<std::size_t>(max_taps_)};
}

}  // namespace effnet::runtime
