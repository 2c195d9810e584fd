// What the networks' classifiers see of pictures, and classifiers over it.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace effnet {

// One row a picture.
struct Features {
  std::size_t width = 0;
  std::vector<float> values;  // [rows][width]

  std::size_t rows() const { return width == 0 ? 0 : values.size() / width; }
  std::span<const float> row(std::size_t i) const { return {values.data() + i * width, width}; }
};

// Of the angle between them; 0 where one of them is zero.
double cosine(std::span<const float> a, std::span<const float> b);

Features select_rows(const Features& features, std::span<const std::size_t> rows);

// Scores of classes: weight * features + bias.
struct LinearHead {
  int classes = 0;
  std::size_t features = 0;
  std::vector<float> weight;  // [classes][features]
  std::vector<float> bias;    // [classes]
};

std::vector<double> scores(const LinearHead& head, std::span<const float> features);

// Scores of every row: [rows][classes]; the same bits for any number of threads.
std::vector<double> scores(const LinearHead& head, const Features& features, int threads);

}  // namespace effnet
