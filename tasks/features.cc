#include "tasks/features.h"

#include <algorithm>
#include <cmath>

#include "base/parallel.h"

namespace effnet {

namespace {

double dot(std::span<const float> a, std::span<const float> b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
  return sum;
}

}  // namespace

double cosine(std::span<const float> a, std::span<const float> b) {
  const double lengths = std::sqrt(dot(a, a)) * std::sqrt(dot(b, b));
  return lengths > 0 ? dot(a, b) / lengths : 0;
}

Features select_rows(const Features& features, std::span<const std::size_t> rows) {
  Features out{features.width, {}};
  out.values.reserve(rows.size() * features.width);
  for (const std::size_t row : rows) {
    const std::span<const float> values = features.row(row);
    out.values.insert(out.values.end(), values.begin(), values.end());
  }
  return out;
}

std::vector<double> scores(const LinearHead& head, std::span<const float> features) {
  std::vector<double> out(static_cast<std::size_t>(head.classes));
  for (std::size_t c = 0; c < out.size(); ++c) {
    const float* weight = head.weight.data() + c * head.features;
    double sum = static_cast<double>(head.bias[c]);
    for (std::size_t i = 0; i < head.features; ++i)
      sum += static_cast<double>(weight[i]) * static_cast<double>(features[i]);
    out[c] = sum;
  }
  return out;
}

std::vector<double> scores(const LinearHead& head, const Features& features, int threads) {
  const auto classes = static_cast<std::size_t>(head.classes);
  std::vector<double> out(features.rows() * classes);
  parallel_for(threads, static_cast<int>(features.rows()), [&](int i) {
    const auto row = static_cast<std::size_t>(i);
    const std::vector<double> one = scores(head, features.row(row));
    std::copy(one.begin(), one.end(), out.begin() + static_cast<std::ptrdiff_t>(row * classes));
  });
  return out;
}

}  // namespace effnet
