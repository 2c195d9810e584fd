#include "autotune/report.h"

#include <algorithm>

#include "base/svg.h"
#include "base/text.h"

namespace effnet {

namespace {

constexpr const char* style =
    "body{font:15px/1.4 system-ui,sans-serif;margin:2em auto;max-width:1100px;color:#222}"
    "h1{font-size:1.5em}h2{font-size:1.2em;margin-top:2em}svg{background:#fff;width:100%;height:auto}"
    "svg text{font:11px system-ui,sans-serif;fill:#444}table{border-collapse:collapse;font-size:13px}"
    "td,th{padding:2px 10px;border-bottom:1px solid #ddd;text-align:right}td:first-child,th:first-child,"
    "td:last-child,th:last-child{text-align:left}.note{color:#666}";
constexpr const char* colors[] = {"#1f77b4", "#d62728", "#2ca02c", "#9467bd", "#ff7f0e",
                                  "#17becf", "#8c564b", "#e377c2", "#7f7f7f", "#bcbd22"};

const char* color_of(const std::string& operation) {
  const auto& list = operators();
  std::size_t i = 0;
  while (i + 1 < list.size() && list[i].name != operation) ++i;
  return colors[i % std::size(colors)];
}

// --- search curves: one small picture a step ---

std::string curve_of(const StepState& s, const std::string& title, double left, double top) {
  constexpr double width = 190, height = 70, lowest = 0.4;  // share of the default's time
  const double most = std::max(1, s.tried);
  const auto x = [&](int candidates) { return left + width * candidates / most; };
  const auto y = [&](double ratio) {
    return top + height * (1 - (std::clamp(ratio, lowest, 1.0) - lowest) / (1 - lowest));
  };
  std::string svg = formatted("<rect x='%.1f' y='%.1f' width='%.1f' height='%.1f' fill='#f7f7f7'/>", left,
                              top, width, height);
  std::string points;
  double before = 1;
  for (const CurvePoint& p : s.curve) {
    points += formatted("%.1f,%.1f %.1f,%.1f ", x(p.candidates), y(before), x(p.candidates), y(p.ratio));
    before = p.ratio;
  }
  svg += "<polyline fill='none' stroke='" + std::string(color_of(s.step.operation)) +
         "' stroke-width='1.6' points='" + formatted("%.1f,%.1f ", x(0), y(1)) + points +
         formatted("%.1f,%.1f", x(s.tried), y(before)) + "'/>";
  svg += svg_text(left, top - 4, "start", title);
  svg += svg_text(left + width, top + height + 12, "end",
                  formatted("%d, %.1f %%", s.tried, 100 * (1 - s.ratio)));
  return svg;
}

// Of the steps that were searched at all.
std::string curves(const TuneState& state) {
  constexpr int columns = 5;
  constexpr double column = 215, row = 110;
  std::vector<const StepState*> searched;
  for (const StepState& s : state.steps)
    if (s.tried > 1) searched.push_back(&s);
  const auto rows = static_cast<int>((searched.size() + columns - 1) / columns);
  std::string svg = formatted("<svg viewBox='0 0 %.0f %.0f' xmlns='http://www.w3.org/2000/svg'>",
                              columns * column + 10, rows * row + 10);
  std::size_t network = state.networks.size();  // named at its first step
  for (std::size_t i = 0; i < searched.size(); ++i) {
    const std::size_t across = i % columns, down = i / columns;
    const auto of = static_cast<std::size_t>(searched[i]->step.network);
    const std::string title = of == network ? searched[i]->step.name : state.title_of(*searched[i]);
    network = of;
    svg += curve_of(*searched[i], title, 5 + static_cast<double>(across) * column,
                    20 + static_cast<double>(down) * row);
  }
  return svg + "</svg>";
}

// --- roofline: logarithmic both ways ---

double intensity(const StepState& s) {
  return s.step.bytes > 0 ? 2 * s.step.multiply_adds / s.step.bytes : 0;
}
double gflops(const StepState& s, double nanoseconds) {
  return nanoseconds > 0 ? 2 * s.step.multiply_adds / nanoseconds : 0;
}

std::string grid(const LogAxis& x, const LogAxis& y) {
  std::string svg;
  for (const double v : decades(x))
    svg += svg_line(x(v), y.from, x(v), y.to, "#e5e5e5") +
           svg_text(x(v), y.from + 16, "middle", formatted("%g", v));
  for (const double v : decades(y))
    svg += svg_line(x.from, y(v), x.to, y(v), "#e5e5e5") +
           svg_text(x.from - 6, y(v) + 4, "end", formatted("%g", v));
  return svg +
         svg_text((x.from + x.to) / 2, y.from + 34, "middle", "operations per byte of maps and weights") +
         svg_text(x.from, y.to - 8, "start", "GFLOP/s");
}

std::string roofs(const LogAxis& x, const LogAxis& y, const Peaks& peaks) {
  if (peaks.flops <= 0 || peaks.bytes <= 0) return "";
  const double top = peaks.flops / 1e9, slope = peaks.bytes / 1e9, ridge = top / slope;
  const double first = std::max(x.least, y.least / slope);
  return svg_line(x(first), y(first * slope), x(ridge), y(top), "#333", 1.5) +
         svg_line(x(ridge), y(top), x.to, y(top), "#333", 1.5) +
         svg_text(x.to, y(top) - 6, "end", formatted("FMA peak %.0f GFLOP/s", top)) +
         svg_text(x(first) + 60, y(first * slope) - 6, "start", formatted("memory %.1f GB/s", slope));
}

std::string roofline(const TuneState& state, const Peaks& peaks) {
  double most = peaks.flops / 1e9, widest = 10;
  for (const StepState& s : state.steps) {
    most = std::max(most, gflops(s, s.nanoseconds()));
    widest = std::max(widest, intensity(s));
  }
  const LogAxis x{0.1, widest * 1.5, 60, 980},
      y{std::max(0.1, most / 1000), std::max(1.0, most * 1.6), 420, 30};
  std::string svg =
      "<svg viewBox='0 0 1000 500' xmlns='http://www.w3.org/2000/svg'>" + grid(x, y) + roofs(x, y, peaks);
  for (const StepState& s : state.steps) {
    if (s.default_nanoseconds <= 0 || intensity(s) <= 0) continue;
    const double at = x(intensity(s)), before = y(gflops(s, s.default_nanoseconds)),
                 after = y(gflops(s, s.nanoseconds()));
    svg += svg_line(at, before, at, after, color_of(s.step.operation));
    svg += formatted("<circle cx='%.1f' cy='%.1f' r='4' fill='%s' fill-opacity='0.8'><title>", at, after,
                     color_of(s.step.operation)) +
           xml_text(state.title_of(s) + ": " + s.step.description) +
           formatted(", %.1f GFLOP/s, %.1f operations a byte</title></circle>", gflops(s, s.nanoseconds()),
                     intensity(s));
  }
  double legend = 70;
  for (const Operator& op : operators()) {
    if (std::none_of(state.steps.begin(), state.steps.end(),
                     [&](const StepState& s) { return s.step.operation == op.name; }))
      continue;
    svg += formatted("<circle cx='%.1f' cy='480' r='4' fill='%s'/>", legend, color_of(op.name)) +
           svg_text(legend + 8, 484, "start", op.name);
    legend += 30 + 7.0 * static_cast<double>(op.name.size());
  }
  return svg + "</svg>";
}

// --- tables ---

std::string network_table(const TuneState& state) {
  std::string html = "<table><tr><th>network</th><th>defaults ms</th><th>tuned ms</th><th>gain</th></tr>";
  for (std::size_t n = 0; n < state.networks.size(); ++n) {
    const auto [before, after] = state.times_of(n);
    html += "<tr><td>" + xml_text(state.networks[n].name) +
            formatted("</td><td>%.3f</td><td>%.3f</td><td>%.1f %%</td></tr>", before / 1e6, after / 1e6,
                      before > 0 ? 100 * (1 - after / before) : 0);
  }
  return html + "</table>";
}

std::string step_table(const TuneState& state, const Peaks& peaks) {
  std::string html =
      "<table><tr><th>step</th><th>times</th><th>default us</th><th>best us</th><th>gain</th><th>GFLOP/s</th>"
      "<th>of peak</th><th>candidates</th><th>schedule</th></tr>";
  for (const StepState& s : state.steps) {
    int times = 0;
    for (const int n : s.step.occurrences) times += n;
    const double rate = gflops(s, s.nanoseconds());
    html += "<tr><td title=\"" + xml_text(s.step.description) + "\">" + xml_text(state.title_of(s)) +
            formatted(
                "</td><td>%d</td><td>%.1f</td><td>%.1f</td><td>%.1f "
                "%%</td><td>%.1f</td><td>%s</td><td>%d</td><td>",
                times, s.default_nanoseconds / 1000, s.nanoseconds() / 1000, 100 * (1 - s.ratio), rate,
                peaks.flops > 0 ? formatted("%.0f %%", 1e11 * rate / peaks.flops).c_str() : "", s.tried) +
            xml_text(!s.failure.empty()             ? s.failure
                     : s.best != s.default_schedule ? to_text(s.best)
                                                    : "the default") +
            "</td></tr>";
  }
  return html + "</table>";
}

std::string failures(const TuneState& state) {
  if (state.failed.empty()) return "";
  std::string html =
      "<h2>Candidates that failed</h2><table><tr><th>step</th><th>what</th><th>schedule</th></tr>";
  for (const FailedCandidate& f : state.failed)
    html += "<tr><td>" + xml_text(f.step) + "</td><td>" + name_of(f.outcome) + "</td><td>" +
            xml_text(to_text(f.schedule)) + "</td></tr>";
  return html + "</table>";
}

}  // namespace

std::string tune_report(const TuneState& state, const Peaks& peaks) {
  return "<!DOCTYPE html><html lang='en'><head><meta charset='utf-8'><title>EffNet tuning</title><style>" +
         std::string(style) + "</style></head><body><h1>Schedules for " + xml_text(state.context.target) +
         "</h1><p class='note'>" +
         xml_text(state.machine() + ", " + std::to_string(state.context.threads) + " threads, Halide " +
                  state.context.halide + formatted(", %.0f s", state.elapsed)) +
         "</p>" + network_table(state) +
         "<h2>Search</h2><p class='note'>The best time so far over the candidates tried, as a share of the "
         "default's: "
         "the upper edge is 1, the lower one 0.4. The end of a line is what measuring the best one again, "
         "for "
         "longer, found.</p>" +
         curves(state) +
         "<h2>Roofline</h2><p class='note'>One dot a step, where tuning left it; the line begins at the "
         "default. A step is measured again and again on the same data: one whose weights and maps stay in "
         "the "
         "caches can stand above the memory's line." +
         (peaks.flops > 0 ? "" : " The peaks are those of another machine and not known.") + "</p>" +
         roofline(state, peaks) + "<h2>Steps</h2>" + step_table(state, peaks) + failures(state) +
         "</body></html>\n";
}

}  // namespace effnet
