#include "tasks/search.h"

#include <algorithm>

namespace effnet {

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
