#include "tasks/search.h"

#include <algorithm>
#include <cmath>

namespace effnet {
namespace {

double dot(std::span<const float> a, std::span<const float> b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
  return sum;
}

// 0 where one of them is zero.
double cosine(std::span<const float> a, std::span<const float> b) {
  const double lengths = std::sqrt(dot(a, a)) * std::sqrt(dot(b, b));
  return lengths > 0 ? dot(a, b) / lengths : 0;
}

}  // namespace

std::vector<Neighbour> nearest(const Features& index, std::span<const float> query, std::size_t count) {
  std::vector<Neighbour> all;
  all.reserve(index.rows());
  for (std::size_t row = 0; row < index.rows(); ++row) all.push_back({row, cosine(index.row(row), query)});
  const auto end = all.begin() + static_cast<std::ptrdiff_t>(std::min(count, all.size()));
  std::partial_sort(all.begin(), end, all.end(), [](const Neighbour& a, const Neighbour& b) {
    return a.cosine > b.cosine || (a.cosine == b.cosine && a.row < b.row);
  });
  all.erase(end, all.end());
  return all;
}

}  // namespace effnet
