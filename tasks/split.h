// Which pictures are learned from, and which only judge the result.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace effnet {

struct Split {
  std::vector<std::size_t> training, validation;  // rising numbers of pictures
};

// About `fraction` of every class for validation, drawn by the seed: at least one of a class of two or more, never the
// whole class.
Split stratified_split(std::span<const int> labels, int classes, double fraction, std::uint64_t seed);

// `shots` of every class (or all, where there are fewer) for training, drawn by the seed; the rest for validation.
Split few_shot_split(std::span<const int> labels, int classes, int shots, std::uint64_t seed);

}  // namespace effnet
