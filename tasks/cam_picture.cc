#include "tasks/cam_picture.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>

#include "tasks/canvas.h"
#include "tasks/colour_map.h"
#include "tasks/resize.h"

namespace effnet {
namespace {

constexpr Colour ink{32, 33, 36}, pale_ink{95, 99, 104};
constexpr int margin = 20, gap = 12, scale_height = 10;
constexpr double label_size = 12, text_size = 9;  // heights of capitals
constexpr int legend_height = 64;                 // label, scale, numbers
constexpr int cell_width = 300, cell_height = 300, name_height = 30;
constexpr int least_width = 400, box_width = 960, box_height = 800;  // of a picture by itself

void set(std::uint8_t* pixel, double red, double green, double blue) {
  pixel[0] = static_cast<std::uint8_t>(std::lround(red));
  pixel[1] = static_cast<std::uint8_t>(std::lround(green));
  pixel[2] = static_cast<std::uint8_t>(std::lround(blue));
}

void paste(Picture& onto, const Picture& picture, int left, int top) {
  const std::size_t bytes = 3 * static_cast<std::size_t>(picture.width);
  for (int y = 0; y < picture.height; y++)
    std::memcpy(pixel_at(onto, left, top + y), picture.rgb.data() + static_cast<std::size_t>(y) * bytes,
                bytes);
}

// Enlarged or shrunk so that it just fits.
Picture fitted(const Picture& picture, int width, int height) {
  const double scale =
      std::min(static_cast<double>(width) / picture.width, static_cast<double>(height) / picture.height);
  return resized(picture, std::max(1, static_cast<int>(std::lround(scale * picture.width))),
                 std::max(1, static_cast<int>(std::lround(scale * picture.height))));
}

double grey_of(const std::uint8_t* pixel) { return 0.299 * pixel[0] + 0.587 * pixel[1] + 0.114 * pixel[2]; }

// The picture loses most of its colours, so that those of the map mean something; where the map is high, it
// covers more.
void blend(std::uint8_t* pixel, double value) {
  const Colour heat = heat_colour(value);
  const double grey = grey_of(pixel), kept = 0.3, cover = 0.35 + 0.3 * std::clamp(value, 0.0, 1.0);
  const auto mix = [&](std::uint8_t old, std::uint8_t colour) {
    return std::lerp(std::lerp(grey, static_cast<double>(old), kept), static_cast<double>(colour), cover);
  };
  set(pixel, mix(pixel[0], heat.red), mix(pixel[1], heat.green), mix(pixel[2], heat.blue));
}

// What the network did not see: grey and pale.
void fade(std::uint8_t* pixel) {
  const double grey = std::lerp(grey_of(pixel), 255.0, 0.6);
  set(pixel, grey, grey, grey);
}

std::string with_sign(float value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", static_cast<double>(value));
  return std::string_view(text) == "-0.0" ? "0.0" : text;
}

std::string percent(double probability) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f %%", 100 * probability);
  return text;
}

// The class and its probability, the colours of the map and the values of their ends.
void draw_legend(Picture& onto, const Explanation& explanation, int left, int top, int width) {
  const std::string share = percent(explanation.probability);
  const double share_width = text_width(share, label_size), right = left + width;
  const double baseline = top + label_size;
  const TextStyle label{label_size, ink, 1.3}, number{text_size, pale_ink};
  draw_text(onto, left, baseline, fitted_text(explanation.label, label_size, width - share_width - gap),
            label);
  draw_text(onto, right - share_width, baseline, share, label);

  const int scale_top = top + static_cast<int>(label_size) + gap;
  for (int x = 0; x < width; x++)
    fill(onto, left + x, scale_top, 1, scale_height, heat_colour(x / std::max(1.0, width - 1.0)));
  const std::string low = with_sign(explanation.map.smallest()), high = with_sign(explanation.map.largest());
  const double numbers = scale_top + scale_height + 6 + text_size;
  draw_text(onto, left, numbers, low, number);
  draw_text(onto, right - text_width(high, text_size), numbers, high, number);
  const std::string unit = "share in the logit";
  const double unit_width = text_width(unit, text_size), taken = text_width(low + high, text_size) + 2 * gap;
  if (unit_width + taken < width) draw_text(onto, left + (width - unit_width) / 2, numbers, unit, number);
}

}  // namespace

Picture draw_overlay(const Picture& picture, const Explanation& explanation, int width, int height) {
  Picture out = fitted(picture, width, height);
  const MapRegion& region = explanation.region;
  const float low = explanation.map.smallest(), range = std::max(explanation.map.largest() - low, 1e-12F);
  for (int y = 0; y < out.height; y++) {
    const double v = ((y + 0.5) / out.height - region.top) / region.height;
    for (int x = 0; x < out.width; x++) {
      const double u = ((x + 0.5) / out.width - region.left) / region.width;
      std::uint8_t* pixel = pixel_at(out, x, y);
      if (u < 0 || u > 1 || v < 0 || v > 1)
        fade(pixel);
      else
        blend(pixel, (explanation.map.at(u, v) - static_cast<double>(low)) / static_cast<double>(range));
    }
  }
  return out;
}

Picture draw_explanation(const Picture& picture, const Explanation& explanation, const std::string& title) {
  const Picture overlay = draw_overlay(picture, explanation, box_width, box_height);
  const int width = std::max(overlay.width, least_width), top = margin + name_height;
  Picture out = white_page(width + 2 * margin, top + overlay.height + gap + legend_height + margin / 2);
  draw_text(out, margin, margin + text_size, fitted_text(title, text_size, width), {text_size, pale_ink});
  paste(out, overlay, margin + (width - overlay.width) / 2, top);
  draw_legend(out, explanation, margin, top + overlay.height + gap, width);
  return out;
}

Picture for_grid(const Picture& picture) {
  if (picture.width <= 2 * cell_width && picture.height <= 2 * cell_height) return picture;
  return fitted(picture, 2 * cell_width, 2 * cell_height);
}

Result<Picture> draw_grid(const ExplanationGrid& grid) {
  // The first column is the picture itself.
  const int columns = static_cast<int>(grid.columns.size()) + 1, step = cell_width + margin;
  std::vector<Picture> originals;
  std::int64_t height = margin + name_height;
  for (const ExplanationGrid::Row& row : grid.rows) {
    originals.push_back(fitted(row.picture, cell_width, cell_height));
    height += originals.back().height + gap + legend_height;
  }
  const std::int64_t width = margin + static_cast<std::int64_t>(columns) * step;
  if (Status size = check_picture_size(width, height, "the grid"); !size) return size;
  Picture out = white_page(static_cast<int>(width), static_cast<int>(height));
  const TextStyle title{text_size, pale_ink};
  for (int column = 1; column < columns; column++)
    draw_text(out, margin + column * step, margin + text_size,
              fitted_text(grid.columns[static_cast<std::size_t>(column) - 1], text_size, cell_width), title);
  int top = margin + name_height;
  for (std::size_t i = 0; i < grid.rows.size(); i++) {
    const ExplanationGrid::Row& row = grid.rows[i];
    const auto centred = [&](const Picture& picture) { return margin + (cell_width - picture.width) / 2; };
    const int legend_top = top + originals[i].height + gap;
    paste(out, originals[i], centred(originals[i]), top);
    draw_text(out, margin, legend_top + label_size, fitted_text(row.name, text_size, cell_width), title);
    for (std::size_t cell = 0; cell < row.cells.size(); cell++) {
      const int left = static_cast<int>(cell + 1) * step;
      const Picture overlay = draw_overlay(row.picture, row.cells[cell], cell_width, cell_height);
      paste(out, overlay, left + centred(overlay), top);
      draw_legend(out, row.cells[cell], margin + left, legend_top, cell_width);
    }
    top = legend_top + legend_height;
  }
  return out;
}

}  // namespace effnet
