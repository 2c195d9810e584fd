#include "tasks/resize.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace effnet {
namespace {

// What one new pixel is made of on one axis.
struct Taps {
  int first = 0;
  std::vector<float> weights;
};

std::vector<Taps> triangle_taps(int from, int to) {
  const double scale = static_cast<double>(from) / to, radius = std::max(1.0, scale);
  std::vector<Taps> all;
  for (int i = 0; i < to; i++) {
    const double centre = (i + 0.5) * scale;
    Taps taps;
    taps.first = std::max(0, static_cast<int>(std::floor(centre - radius)));
    const int end = std::min(from, static_cast<int>(std::ceil(centre + radius)));
    double sum = 0;
    for (int j = taps.first; j < end; j++) {
      const double weight = std::max(0.0, 1 - std::abs(j + 0.5 - centre) / radius);
      taps.weights.push_back(static_cast<float>(weight));
      sum += weight;
    }
    for (float& weight : taps.weights) weight = static_cast<float>(static_cast<double>(weight) / sum);
    all.push_back(std::move(taps));
  }
  return all;
}

// One row of the picture at its new width.
void resize_row(const std::uint8_t* source, const std::vector<Taps>& taps, float* target) {
  for (const Taps& pixel : taps) {
    float sums[3] = {};
    for (std::size_t i = 0; i < pixel.weights.size(); i++)
      for (std::size_t c = 0; c < 3; c++)
        sums[c] += pixel.weights[i] * source[3 * (static_cast<std::size_t>(pixel.first) + i) + c];
    target = std::copy(sums, sums + 3, target);
  }
}

}  // namespace

Picture resized(const Picture& picture, int width, int height) {
  const std::vector<Taps> columns = triangle_taps(picture.width, width),
                          rows = triangle_taps(picture.height, height);
  const std::size_t old_row = 3 * static_cast<std::size_t>(picture.width),
                    row = 3 * static_cast<std::size_t>(width);
  Picture out{width, height, std::vector<std::uint8_t>(row * static_cast<std::size_t>(height))};
  std::vector<float> line(row), sums(row);
  for (std::size_t y = 0; y < static_cast<std::size_t>(height); y++) {
    std::fill(sums.begin(), sums.end(), 0.0F);
    for (std::size_t i = 0; i < rows[y].weights.size(); i++) {
      resize_row(picture.rgb.data() + (static_cast<std::size_t>(rows[y].first) + i) * old_row, columns,
                 line.data());
      for (std::size_t x = 0; x < row; x++) sums[x] += rows[y].weights[i] * line[x];
    }
    for (std::size_t x = 0; x < row; x++)
      out.rgb[y * row + x] = static_cast<std::uint8_t>(std::lround(std::clamp(sums[x], 0.0F, 255.0F)));
  }
  return out;
}

}  // namespace effnet
