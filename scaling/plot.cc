#include "scaling/plot.h"

#include <algorithm>
#include <cmath>

#include "base/svg.h"
#include "base/text.h"

namespace effnet {

namespace {

constexpr double panel_width = 560, panel_height = 430;
constexpr double left = 70, right = 540, top = 60, bottom = 370;  // of a panel's chart
constexpr const char *candidate_color = "#9aa7b1", *front_color = "#1f77b4", *published_color = "#d62728",
                     *winner_color = "#2ca02c", *latency_color = "#ff7f0e", *grid_color = "#e5e5e5";

struct Point {
  double x = 0, y = 0;
  std::string text;  // what a pointer over it shows
};

std::string circle(double x, double y, double radius, const char* color, const std::string& text) {
  return formatted("<circle cx='%.1f' cy='%.1f' r='%.1f' fill='%s' fill-opacity='0.85'><title>", x, y, radius,
                   color) +
         xml_text(text) + "</title></circle>";
}

// A point that is marked: a ring around it and a word beside it.
std::string mark(double x, double y, double radius, const char* color) {
  return formatted("<circle cx='%.1f' cy='%.1f' r='%.1f' fill='none' stroke='%s' stroke-width='2.5'/>", x, y,
                   radius, color);
}

// Entries from the left to the right above the chart.
std::string legend(const std::vector<std::pair<const char*, std::string>>& entries) {
  std::string svg;
  double x = left;
  for (const auto& [color, text] : entries) {
    svg += formatted("<circle cx='%.1f' cy='42' r='5' fill='%s'/>", x + 5, color) +
           svg_text(x + 15, 46, "start", text);
    x += 32 + 6.4 * static_cast<double>(text.size());
  }
  return svg;
}

// An axis around values, with some air.
LinearAxis axis_around(const std::vector<double>& values, double from, double to) {
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  double air = 0.08 * (*most - *least);
  if (!(air > 0)) air = std::max(0.1 * std::abs(*least), 1e-6);
  return {*least - air, *most + air, from, to};
}

std::string axes(const LinearAxis& x, const LinearAxis& y, const std::string& x_title,
                 const std::string& y_title) {
  std::string svg;
  for (const double v : ticks(x, 6))
    svg += svg_line(x(v), bottom, x(v), top, grid_color) +
           svg_text(x(v), bottom + 17, "middle", formatted("%.6g", v));
  for (const double v : ticks(y, 6))
    svg += svg_line(left, y(v), right, y(v), grid_color) +
           svg_text(left - 7, y(v) + 4, "end", formatted("%.6g", v));
  return svg + svg_text((left + right) / 2, bottom + 38, "middle", x_title) +
         formatted("<text transform='translate(16 %.1f) rotate(-90)' text-anchor='middle'>",
                   (top + bottom) / 2) +
         xml_text(y_title) + "</text>";
}

// --- candidates ---

std::string axis_title(const Objective& o) {
  return title_of(o) + (unit_of(o).empty() ? "" : ", " + unit_of(o)) +
         (o.larger_is_better() ? " (more is better)" : "");
}

class CandidatePanel {
 public:
  CandidatePanel(const SearchResult& r, std::size_t objective) : r_(r), objective_(objective) {
    std::vector<double> xs{x_of(r.published)}, ys{y_of(r.published)};
    for (const Candidate& c : r.candidates) {
      xs.push_back(x_of(c));
      ys.push_back(y_of(c));
    }
    x_ = axis_around(xs, left, right);
    y_ = axis_around(ys, bottom, top);
  }

  std::string draw() const {
    const bool single = r_.request.objectives.size() == 1;
    const std::string x_title =
        single ? "alpha * beta^2 * gamma^2" : axis_title(r_.request.objectives.front());
    std::string svg =
        svg_text(left, 22, "start", formatted("Grid search at phi = 1: %zu networks", r_.candidates.size())) +
        legend({{candidate_color, "candidate"},
                {front_color, single ? "best" : "Pareto front"},
                {winner_color, "winner"},
                {published_color, "published, product 1.92"}}) +
        axes(x_, y_, x_title, axis_title(r_.request.objectives[objective_]));
    if (r_.request.objectives.size() == 2) svg += front_line();
    for (const Candidate& c : r_.candidates)
      svg += circle(x_(x_of(c)), y_(y_of(c)), c.front ? 4.5 : 3.5, c.front ? front_color : candidate_color,
                    text_of(c));
    const Candidate& winner = r_.candidates[r_.winner];
    svg += mark(x_(x_of(winner)), y_(y_of(winner)), 8, winner_color);
    svg +=
        circle(x_(x_of(r_.published)), y_(y_of(r_.published)), 2.5, published_color, text_of(r_.published));
    return svg + mark(x_(x_of(r_.published)), y_(y_of(r_.published)), 11, published_color);
  }

 private:
  double shown(const Candidate& c, std::size_t i) const {
    return in_units(r_.request.objectives[i], shown_value(r_, i, c.values[i]));
  }
  double x_of(const Candidate& c) const {
    return r_.request.objectives.size() == 1 ? cost_factor(c.scaling) : shown(c, 0);
  }
  double y_of(const Candidate& c) const { return shown(c, objective_); }

  std::string text_of(const Candidate& c) const {
    std::string text =
        formatted("alpha %g, beta %g, gamma %g", c.scaling.alpha, c.scaling.beta, c.scaling.gamma);
    for (std::size_t i = 0; i < c.values.size(); ++i)
      text += "; " + title_of(r_.request.objectives[i]) + " " +
              value_text(r_.request.objectives[i], shown_value(r_, i, c.values[i])) + " " +
              unit_of(r_.request.objectives[i]);
    return text;
  }

  // The border of what the front dominates: steps from one point to the next.
  std::string front_line() const {
    std::vector<Point> front;
    for (const Candidate& c : r_.candidates)
      if (c.front) front.push_back({x_(x_of(c)), y_(y_of(c)), ""});
    std::sort(front.begin(), front.end(), [](const Point& a, const Point& b) { return a.x < b.x; });
    std::string points;
    for (std::size_t i = 0; i < front.size(); ++i) {
      // The corner lies on the worse side: at the next point's x where less x is better, at this one's else.
      const bool less_x = !r_.request.objectives.front().larger_is_better();
      if (i > 0)
        points += less_x ? formatted("%.1f,%.1f ", front[i].x, front[i - 1].y)
                         : formatted("%.1f,%.1f ", front[i - 1].x, front[i].y);
      points += formatted("%.1f,%.1f ", front[i].x, front[i].y);
    }
    return "<polyline fill='none' stroke='" + std::string(front_color) + "' stroke-width='1.4' points='" +
           points + "'/>";
  }

  const SearchResult& r_;
  std::size_t objective_;
  LinearAxis x_{}, y_{};
};

// --- growth with phi ---

std::string growth_curve(const std::vector<Point>& points, const LinearAxis& x, const LogAxis& y,
                         const char* color) {
  std::string line, dots;
  for (const Point& p : points) {
    line += formatted("%.1f,%.1f ", x(p.x), y(p.y));
    dots += circle(x(p.x), y(p.y), 4, color, p.text);
  }
  return "<polyline fill='none' stroke='" + std::string(color) + "' stroke-width='1.6' points='" + line +
         "'/>" + dots;
}

class GrowthPanel {
 public:
  explicit GrowthPanel(const SearchResult& r) : r_(r) {
    const CompoundScaling& factors = r.candidates[r.winner].scaling;
    for (const SeriesPoint& p : r.series) {
      if (p.multiply_adds == 0) continue;
      add(rule_, p.phi, std::pow(cost_factor(factors), p.phi), "the rule");
      add(work_, p.phi, p.growth.whole(), "multiply-adds");
      for (std::size_t i = 0; i < p.values.size(); ++i)
        if (r.request.objectives[i].measure == Measure::latency && p.values[i])
          add(latency_, p.phi, *p.values[i], "latency");
    }
  }

  std::string draw() const {
    if (work_.empty()) return "";
    double most = 1;
    for (const auto* points : {&rule_, &work_, &latency_})
      for (const Point& p : *points) most = std::max(most, p.y);
    const LinearAxis x{0.5, work_.back().x + 0.5, left, right};
    const LogAxis y{1, most * 1.3, bottom, top};
    std::vector<std::pair<const char*, std::string>> entries = {
        {"#333", formatted("rule: %.3f^phi", cost_factor(r_.candidates[r_.winner].scaling))},
        {front_color, "multiply-adds"}};
    if (!latency_.empty()) entries.emplace_back(latency_color, "measured latency");
    return svg_text(left, 22, "start", "The winner's factors with larger phi, in multiples of the baseline") +
           legend(entries) + grid(x, y) + growth_curve(rule_, x, y, "#333") +
           growth_curve(work_, x, y, front_color) + growth_curve(latency_, x, y, latency_color);
  }

 private:
  static void add(std::vector<Point>& points, double phi, double y, const char* what) {
    points.push_back({phi, y, std::string(what) + formatted(": phi %g, x %.2f", phi, y)});
  }

  static std::string grid(const LinearAxis& x, const LogAxis& y) {
    std::string svg;
    for (int phi = 1; phi < x.most; ++phi)
      svg += svg_line(x(phi), bottom, x(phi), top, grid_color) +
             svg_text(x(phi), bottom + 17, "middle", formatted("%d", phi));
    for (int v = 1; v < y.most; v *= 2)
      svg += svg_line(left, y(v), right, y(v), grid_color) +
             svg_text(left - 7, y(v) + 4, "end", formatted("%d", v));
    return svg + svg_text((left + right) / 2, bottom + 38, "middle", "phi");
  }

  const SearchResult& r_;
  std::vector<Point> rule_, work_, latency_;
};

}  // namespace

std::string search_plot(const SearchResult& result) {
  std::vector<std::string> panels;
  const std::size_t objectives = result.request.objectives.size();
  for (std::size_t i = objectives == 1 ? 0 : 1; i < objectives; ++i)
    panels.push_back(CandidatePanel(result, i).draw());
  if (const std::string series = GrowthPanel(result).draw(); !series.empty()) panels.push_back(series);
  const std::size_t rows = (panels.size() + 1) / 2, columns = std::min<std::size_t>(panels.size(), 2);
  const double width = static_cast<double>(columns) * panel_width,
               height = static_cast<double>(rows) * panel_height;
  std::string svg = formatted(
      "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 %.0f %.0f' width='%.0f' height='%.0f' "
      "font-family='system-ui,sans-serif' font-size='12' fill='#333'><rect width='100%%' height='100%%' "
      "fill='#fff'/>\n",
      width, height, width, height);
  for (std::size_t i = 0; i < panels.size(); ++i)
    svg += formatted("<g transform='translate(%.0f %.0f)'>", static_cast<double>(i % 2) * panel_width,
                     static_cast<double>(i >> 1) * panel_height) +
           panels[i] + "</g>\n";
  return svg + "</svg>\n";
}

}  // namespace effnet
