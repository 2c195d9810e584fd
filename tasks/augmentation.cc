#include "tasks/augmentation.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <random>

namespace effnet {
namespace {

constexpr double smallest_crop = 0.7;  // of a side

// In [0, 1).
double uniform(std::mt19937_64& random) { return static_cast<double>(random() >> 11) * 0x1p-53; }

}  // namespace

std::string View::text() const {
  char buffer[128];
  std::snprintf(buffer, sizeof buffer, "%a %a %a %d", left, top, size, mirrored ? 1 : 0);
  std::string text = buffer;
  if (brightness != 1) {
    std::snprintf(buffer, sizeof buffer, " %a", brightness);
    text += buffer;
  }
  return text;
}

std::size_t view_count(const AugmentationOptions& options) {
  return (1 + static_cast<std::size_t>(options.crops)) * (options.flip ? 2 : 1);
}

std::vector<View> make_views(const AugmentationOptions& options, const std::string& digest) {
  std::seed_seq seed(digest.begin(), digest.end());
  std::mt19937_64 random(seed);
  std::vector<View> views = {View()};
  for (int i = 0; i < options.crops; ++i) {
    View view;
    view.size = smallest_crop + (1 - smallest_crop) * uniform(random);
    view.left = uniform(random);
    view.top = uniform(random);
    if (options.brightness) view.brightness = 0.7 + 0.6 * uniform(random);
    views.push_back(view);
  }
  const std::size_t upright = views.size();
  for (std::size_t i = 0; options.flip && i < upright; ++i) {
    views.push_back(views[i]);
    views.back().mirrored = true;
  }
  return views;
}

Picture cut_out(const Picture& picture, const View& view) {
  const auto part = [&](int side) {
    return std::clamp(static_cast<int>(std::lround(view.size * side)), 1, side);
  };
  Picture out;
  out.width = part(picture.width);
  out.height = part(picture.height);
  const auto left = static_cast<int>(std::lround(view.left * (picture.width - out.width)));
  const auto top = static_cast<int>(std::lround(view.top * (picture.height - out.height)));
  out.rgb.resize(std::size_t{3} * static_cast<std::size_t>(out.width) * static_cast<std::size_t>(out.height));
  std::uint8_t* to = out.rgb.data();
  for (int y = 0; y < out.height; ++y)
    for (int x = 0; x < out.width; ++x, to += 3) {
      const int column = left + (view.mirrored ? out.width - 1 - x : x);
      const std::size_t pixel = static_cast<std::size_t>(top + y) * static_cast<std::size_t>(picture.width) +
                                static_cast<std::size_t>(column);
      std::copy_n(picture.rgb.data() + 3 * pixel, 3, to);
    }
  if (view.brightness != 1)
    for (std::uint8_t& value : out.rgb)
      value = static_cast<std::uint8_t>(std::min(255.0, std::round(value * view.brightness)));
  return out;
}

}  // namespace effnet
