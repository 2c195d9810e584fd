#include "tasks/confusion_picture.h"

#include <algorithm>
#include <cmath>

#include "tasks/canvas.h"
#include "tasks/text.h"

namespace effnet {
namespace {

constexpr Colour white{255, 255, 255}, ink{32, 33, 36}, dark_blue{8, 48, 107}, dark_red{128, 20, 20},
    line_grey{190, 190, 190};
constexpr int most_counted = 40, margin = 16, air = 8;      // air: around text
constexpr int least_cell = 28, widest_name = 200;           // pixels
constexpr int readable = 1600;                              // pixels of the whole matrix
constexpr double letter_height = 9, caption_baseline = 20;  // capitals
constexpr const char* caption = "rows: true class, columns: predicted class";

int width_of(const std::string& text) { return static_cast<int>(std::ceil(text_width(text, letter_height))); }

// Where everything lies.
struct Layout {
  int cell = 0, left = margin, top = margin;  // of the matrix
  bool counted = false;                       // the cells have text
  std::vector<std::string> rows, columns;     // their titles; empty: none
};

Layout layout_of(const Confusion& confusion, const std::vector<std::string>& labels) {
  Layout layout;
  layout.counted = confusion.classes <= most_counted;
  layout.cell = std::max(1, readable / confusion.classes);
  if (!layout.counted) return layout;
  int count_width = 0, name_width = 0;
  for (const std::int64_t count : confusion.counts)
    count_width = std::max(count_width, width_of(std::to_string(count)));
  for (const std::string& label : labels) name_width = std::max(name_width, width_of(label));
  const int counts = std::max(least_cell, count_width + air), names = std::max(counts, name_width + air);
  const bool fits = names * confusion.classes <= readable;
  layout.cell = fits ? names : counts;
  int rows_width = 0;
  for (std::size_t c = 0; c < labels.size(); ++c) {
    layout.columns.push_back(fits ? labels[c] : std::to_string(c));
    layout.rows.push_back(
        fits ? labels[c] : fitted_text(std::to_string(c) + " " + labels[c], letter_height, widest_name));
    rows_width = std::max(rows_width, width_of(layout.rows.back()));
  }
  layout.left = margin + rows_width + air;
  layout.top = static_cast<int>(caption_baseline) + 2 * air + static_cast<int>(letter_height) + air;
  return layout;
}

// Right ones blue, mistakes red; the square root makes few mistakes visible.
Colour shade(double share, bool right) {
  const double strength = std::sqrt(share);
  const Colour full = right ? dark_blue : dark_red;
  const auto mix = [strength](std::uint8_t end) {
    return static_cast<std::uint8_t>(std::lround(255 + strength * (end - 255)));
  };
  return {mix(full.red), mix(full.green), mix(full.blue)};
}

void write_centred(Picture& picture, double x, double baseline, const std::string& text,
                   const Colour& colour) {
  draw_text(picture, x - text_width(text, letter_height) / 2, baseline, text, {letter_height, colour});
}

void draw_cells(Picture& page, const Layout& layout, const Confusion& confusion) {
  const int side = layout.cell * confusion.classes, line = layout.counted ? 1 : 0;
  if (layout.counted) fill(page, layout.left, layout.top, side + 1, side + 1, line_grey);
  for (int label = 0; label < confusion.classes; ++label) {
    const auto row = static_cast<double>(std::max<std::int64_t>(1, confusion.of_class(label)));
    for (int predicted = 0; predicted < confusion.classes; ++predicted) {
      const std::int64_t count = confusion.at(label, predicted);
      const double share = static_cast<double>(count) / row;
      const int left = layout.left + predicted * layout.cell, top = layout.top + label * layout.cell;
      fill(page, left + line, top + line, layout.cell - line, layout.cell - line,
           shade(share, label == predicted));
      if (layout.counted && count > 0)
        write_centred(page, left + layout.cell / 2.0, top + (layout.cell + letter_height) / 2,
                      std::to_string(count), share > 0.2 ? white : ink);
    }
  }
}

void draw_titles(Picture& page, const Layout& layout) {
  draw_text(page, margin, caption_baseline, caption, {letter_height, ink});
  for (std::size_t c = 0; c < layout.rows.size(); ++c) {
    const double middle = (static_cast<double>(c) + 0.5) * layout.cell;
    draw_text(page, margin, layout.top + middle + letter_height / 2, layout.rows[c], {letter_height, ink});
    write_centred(page, layout.left + middle, layout.top - air, layout.columns[c], ink);
  }
}

}  // namespace

Picture draw_confusion(const Confusion& confusion, const std::vector<std::string>& labels) {
  const Layout layout = layout_of(confusion, labels);
  const int side = layout.cell * confusion.classes + 1;
  int width = layout.left + side + margin;
  if (layout.counted) width = std::max(width, 2 * margin + width_of(caption));
  Picture page = white_page(width, layout.top + side + margin);
  draw_cells(page, layout, confusion);
  if (layout.counted) draw_titles(page, layout);
  return page;
}

}  // namespace effnet
