#include "base/svg.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"

namespace effnet {

std::string xml_text(const std::string& text) {
  std::string result;
  for (const char c : text)
    result += c == '<'   ? "&lt;"
              : c == '>' ? "&gt;"
              : c == '&' ? "&amp;"
              : c == '"' ? "&quot;"
                         : std::string(1, c);
  return result;
}

std::string svg_text(double x, double y, const char* anchor, const std::string& text) {
  return formatted("<text x='%.1f' y='%.1f' text-anchor='%s'>", x, y, anchor) + xml_text(text) + "</text>";
}

std::string svg_line(double x1, double y1, double x2, double y2, const char* stroke, double width) {
  return formatted("<line x1='%.1f' y1='%.1f' x2='%.1f' y2='%.1f' stroke='%s' stroke-width='%.1f'/>", x1, y1,
                   x2, y2, stroke, width);
}

double LogAxis::operator()(double value) const {
  const double v = std::clamp(value, least, most);
  return from + (to - from) * std::log(v / least) / std::log(most / least);
}

std::vector<double> decades(const LogAxis& axis) {
  const int first = static_cast<int>(std::ceil(std::log10(axis.least) - 1e-3));
  const int last = static_cast<int>(std::floor(std::log10(axis.most) + 1e-3));
  std::vector<double> values;
  for (int exponent = first; exponent <= last; ++exponent) values.push_back(std::pow(10, exponent));
  return values;
}

std::vector<double> ticks(const LinearAxis& axis, int count) {
  const double exact = (axis.most - axis.least) / count;
  if (!(exact > 0) || !std::isfinite(exact)) return {};
  const double power = std::pow(10, std::floor(std::log10(exact)));
  double step = 10 * power;
  for (const double nice : {5.0, 2.0, 1.0})
    if (nice * power >= exact) step = nice * power;
  std::vector<double> values;
  const double first = std::ceil(axis.least / step - 1e-9);
  const int behind_first = static_cast<int>(std::floor(axis.most / step + 1e-9) - first);
  for (int i = 0; i <= behind_first; ++i) values.push_back((first + i) * step);
  return values;
}

}  // namespace effnet
