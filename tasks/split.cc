#include "tasks/split.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <random>
#include <utility>

namespace effnet {
namespace {

// The first training_count(class size) of every shuffled class are for training.
Split split(std::span<const int> labels, int classes, std::uint64_t seed,
            const std::function<std::size_t(std::size_t)>& training_count) {
  std::vector<std::vector<std::size_t>> members(static_cast<std::size_t>(classes));
  for (std::size_t i = 0; i < labels.size(); ++i) members[static_cast<std::size_t>(labels[i])].push_back(i);
  std::mt19937_64 random(seed);  // its numbers are the standard's; those of std::shuffle are anybody's
  Split result;
  for (std::vector<std::size_t>& of_class : members) {
    for (std::size_t i = of_class.size(); i > 1; --i) std::swap(of_class[i - 1], of_class[random() % i]);
    const std::size_t count = training_count(of_class.size());
    for (std::size_t i = 0; i < of_class.size(); ++i)
      (i < count ? result.training : result.validation).push_back(of_class[i]);
  }
  std::sort(result.training.begin(), result.training.end());
  std::sort(result.validation.begin(), result.validation.end());
  return result;
}

}  // namespace

Split stratified_split(std::span<const int> labels, int classes, double fraction, std::uint64_t seed) {
  return split(labels, classes, seed, [fraction](std::size_t size) {
    if (size < 2) return size;
    const auto held_out = static_cast<std::size_t>(std::lround(fraction * static_cast<double>(size)));
    return size - std::clamp<std::size_t>(held_out, 1, size - 1);
  });
}

Split few_shot_split(std::span<const int> labels, int classes, int shots, std::uint64_t seed) {
  return split(labels, classes, seed,
               [shots](std::size_t size) { return std::min(size, static_cast<std::size_t>(shots)); });
}

}  // namespace effnet
