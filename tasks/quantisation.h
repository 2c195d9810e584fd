// Which real numbers the 256 steps of an 8 bit tensor stand for, chosen by how often its values occur.
//
//   value = (step - zero_point) * scale,  0 <= step <= 255: 0 is always a step, values outside become the nearest one
#pragma once

#include <map>
#include <span>
#include <string>

#include "tasks/histogram.h"

namespace effnet {

enum class RangeMethod { minmax, percentile, mse };

// By the names of --method.
const std::map<std::string, RangeMethod>& range_methods();

struct Range {
  double lowest = 0, highest = 0;
};

struct Steps {
  float scale = 1;
  int zero_point = 0;
};

// Of a range widened to hold 0; its length must not be 0.
Steps steps_of(const Range& range);

// Every value becomes the nearest step's.
void round_to_steps(std::span<float> values, const Steps& steps);

// All values; or all but `percentile`'s rest of them at either end (99.99: 0.01 %); or those whose steps change the
// values least, in the mean of the squares.
Range whole_range(const Histogram& histogram);
Range percentile_range(const Histogram& histogram, double percentile);
Range least_error_range(const Histogram& histogram);
Range choose_range(const Histogram& histogram, RangeMethod method, double percentile);

// What the steps change, to the values themselves: mean of the squares to mean of the squares. Values are taken to lie
// evenly in their bins, those that are 0 apart. 0 of a tensor that is 0 throughout.
double quantisation_loss(const Histogram& histogram, const Steps& steps);

}  // namespace effnet
