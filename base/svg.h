// Pieces of SVG pictures.
#pragma once

#include <string>
#include <vector>

namespace effnet {

std::string xml_text(const std::string& text);  // with & < > " escaped

// `anchor`: start, middle or end.
std::string svg_text(double x, double y, const char* anchor, const std::string& text);
std::string svg_line(double x1, double y1, double x2, double y2, const char* stroke, double width = 1);

// Positive values -> pixels, logarithmic; values beyond its ends are drawn there.
struct LogAxis {
  double least, most, from, to;  // values, pixels
  double operator()(double value) const;
};
std::vector<double> decades(const LogAxis& axis);  // the powers of ten on it

// Values -> pixels, linear.
struct LinearAxis {
  double least, most, from, to;
  double operator()(double value) const { return from + (to - from) * (value - least) / (most - least); }
};
// Round values on it for the labels, about `count`.
std::vector<double> ticks(const LinearAxis& axis, int count);

}  // namespace effnet
