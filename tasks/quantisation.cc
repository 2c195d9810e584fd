#include "tasks/quantisation.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace effnet {
namespace {

constexpr int last_step = 255;

double cube(double x) { return x * x * x; }

// The error's square, and its integral from 0 to x. Between the first and the last step the error repeats itself with
// every step; outside it grows.
class StepError {
 public:
  explicit StepError(const Steps& steps)
      : scale_(steps.scale),
        lowest_(-steps.zero_point * scale_),
        highest_((last_step - steps.zero_point) * scale_) {}

  double square(double x) const {
    const double inside = std::clamp(x, lowest_, highest_);
    const double error = x - scale_ * std::nearbyint(inside / scale_);
    return error * error;
  }
  double integral(double x) const {
    const double steps = std::clamp(x, lowest_, highest_) / scale_, whole = std::nearbyint(steps);
    const double inside = cube(scale_) * (whole / 12 + cube(steps - whole) / 3);
    if (x > highest_) return inside + cube(x - highest_) / 3;
    return x < lowest_ ? inside + cube(x - lowest_) / 3 : inside;
  }

 private:
  double scale_, lowest_, highest_;
};

// Calls visit(bin) for those of values that are not 0.
template <typename Visit>
void for_each_bin(const std::vector<Histogram::Bin>& bins, std::int64_t zeros, const Visit& visit) {
  for (Histogram::Bin bin : bins) {
    if (bin.begin == 0) bin.count -= zeros;
    if (bin.count > 0) visit(bin);
  }
}

// The sum over all values of what the steps change, squared.
double noise(const std::vector<Histogram::Bin>& bins, std::int64_t zeros, const Steps& steps) {
  const StepError error(steps);
  double sum = 0;
  for_each_bin(bins, zeros, [&](const Histogram::Bin& bin) {
    const double width = bin.end - bin.begin;
    sum +=
        static_cast<double>(bin.count) *
        (width > 0 ? (error.integral(bin.end) - error.integral(bin.begin)) / width : error.square(bin.begin));
  });
  return sum;
}

double signal(const std::vector<Histogram::Bin>& bins, std::int64_t zeros) {
  double sum = 0;
  for_each_bin(bins, zeros, [&](const Histogram::Bin& bin) {
    const double square =
        (bin.begin * bin.begin + bin.begin * bin.end + bin.end * bin.end) / 3;  // in the mean of the bin
    sum += static_cast<double>(bin.count) * square;
  });
  return sum;
}

// Shorter and shorter parts of a range's end: down to a hundredth.
std::vector<double> parts() {
  std::vector<double> list = {1};
  while (list.back() > 0.01) list.push_back(0.96 * list.back());
  return list;
}

}  // namespace

const std::map<std::string, RangeMethod>& range_methods() {
  static const std::map<std::string, RangeMethod> methods = {
      {"minmax", RangeMethod::minmax}, {"percentile", RangeMethod::percentile}, {"mse", RangeMethod::mse}};
  return methods;
}

Steps steps_of(const Range& range) {
  const double lowest = std::min(0.0, range.lowest), highest = std::max(0.0, range.highest);
  const double scale = (highest - lowest) / last_step;
  return {static_cast<float>(scale),
          static_cast<int>(std::clamp(std::nearbyint(-lowest / scale), 0.0, static_cast<double>(last_step)))};
}

void round_to_steps(std::span<float> values, const Steps& steps) {
  const auto zero = static_cast<float>(steps.zero_point);
  for (float& value : values) {
    const float step = std::clamp(std::nearbyint(value / steps.scale) + zero, 0.0F, 255.0F);
    value = (step - zero) * steps.scale;
  }
}

Range whole_range(const Histogram& histogram) { return {histogram.minimum(), histogram.maximum()}; }

Range percentile_range(const Histogram& histogram, double percentile) {
  const std::vector<Histogram::Bin> bins = histogram.bins();
  const double outside = (1 - percentile / 100) * static_cast<double>(histogram.total());
  Range range;
  double below = 0, above = 0;
  for (auto bin = bins.begin(); bin != bins.end() && below <= outside; ++bin) {
    range.lowest = bin->begin;
    below += static_cast<double>(bin->count);
  }
  for (auto bin = bins.rbegin(); bin != bins.rend() && above <= outside; ++bin) {
    range.highest = bin->end;
    above += static_cast<double>(bin->count);
  }
  return range;
}

// One end after the other: they depend on each other only through the width of a step.
Range least_error_range(const Histogram& histogram) {
  const std::vector<Histogram::Bin> bins = histogram.bins();
  const Range whole = whole_range(histogram);
  Range best = whole;
  double least = noise(bins, histogram.zeros(), steps_of(best));
  const auto shorten = [&](double Range::*end) {
    for (const double part : parts()) {
      Range range = best;
      range.*end = whole.*end * part;
      const double error = noise(bins, histogram.zeros(), steps_of(range));
      if (error < least) best = range, least = error;
    }
  };
  for (int round = 0; round < 2; ++round) {
    if (whole.highest > 0) shorten(&Range::highest);
    if (whole.lowest < 0) shorten(&Range::lowest);
  }
  return best;
}

Range choose_range(const Histogram& histogram, RangeMethod method, double percentile) {
  Range range = whole_range(histogram);
  if (method == RangeMethod::mse) range = least_error_range(histogram);
  if (method == RangeMethod::percentile) range = percentile_range(histogram, percentile);
  // Nearly all values can be 0.
  return range.lowest < 0 || range.highest > 0 ? range : whole_range(histogram);
}

double quantisation_loss(const Histogram& histogram, const Steps& steps) {
  const std::vector<Histogram::Bin> bins = histogram.bins();
  const double power = signal(bins, histogram.zeros());
  return power > 0 ? noise(bins, histogram.zeros(), steps) / power : 0;
}

}  // namespace effnet
