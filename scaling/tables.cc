#include "scaling/tables.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "base/text.h"

namespace effnet {

namespace {

using Json = nlohmann::ordered_json;

double giga(std::int64_t count) { return static_cast<double>(count) / 1e9; }
double mega(std::int64_t count) { return static_cast<double>(count) / 1e6; }

double times_baseline(const SearchResult& r, std::int64_t multiply_adds) {
  return static_cast<double>(multiply_adds) / static_cast<double>(r.baseline_multiply_adds);
}

// Multiply-adds and parameters stand in every table anyway.
bool has_own_column(const Objective& o) {
  return o.measure != Measure::multiply_adds && o.measure != Measure::parameters;
}

std::string with_unit(const Objective& o) {
  return title_of(o) + (unit_of(o).empty() ? "" : " " + unit_of(o));
}

// --- for people ---

std::string objective_heads(const SearchResult& r) {
  std::string text;
  for (const Objective& o : r.request.objectives)
    if (has_own_column(o)) text += "  " + padded_left(with_unit(o), 10);
  return text;
}

std::string objective_cell(const SearchResult& r, std::size_t i, const std::optional<double>& value) {
  const Objective& o = r.request.objectives[i];
  const std::size_t width = std::max<std::size_t>(with_unit(o).size(), 10);
  return "  " + padded_left(value ? value_text(o, shown_value(r, i, *value)) : "-", width);
}

std::string candidate_line(const SearchResult& r, const Candidate& c, const std::string& note) {
  std::string text =
      formatted("%6.4g %6.4g %6.4g %8.3f %11d %13s %15.4f %7.3f", c.scaling.alpha, c.scaling.beta,
                c.scaling.gamma, cost_factor(c.scaling), c.config.resolution,
                with_commas(c.parameters).c_str(), giga(c.multiply_adds), times_baseline(r, c.multiply_adds));
  for (std::size_t i = 0; i < r.request.objectives.size(); ++i)
    if (has_own_column(r.request.objectives[i])) text += objective_cell(r, i, c.values[i]);
  text += formatted("  %6zu", c.points.size());
  return text + (note.empty() ? "" : "  " + note) + "\n";
}

std::string candidates_head(const SearchResult& r) {
  return " alpha   beta  gamma  product  resolution    parameters  multiply-adds G  x base" +
         objective_heads(r) + "  points\n";
}

std::string titles(const SearchResult& r) {
  std::vector<std::string> list;
  for (const Objective& o : r.request.objectives) list.push_back(title_of(o));
  return join(list, ", ");
}

std::string front_text(const SearchResult& r) {
  std::string text =
      r.request.objectives.size() > 1 ? "Pareto front (" + titles(r) + "):\n" : "best " + titles(r) + ":\n";
  text += candidates_head(r);
  for (std::size_t i = 0; i < r.candidates.size(); ++i)
    if (r.candidates[i].front) text += candidate_line(r, r.candidates[i], i == r.winner ? "winner" : "");
  return text + "published:\n" +
         candidate_line(r, r.published, r.published.front ? "on the front" : "not on the front");
}

// "12.34 = 3.1 x 2.0 x 2.0": what the multiply-adds grew by, against the powers of the factors.
std::string series_line(const SearchResult& r, const SeriesPoint& p, const CompoundScaling& factors) {
  if (p.multiply_adds == 0) return formatted("%3g  ", p.phi) + p.note + "\n";
  const double rule = std::pow(cost_factor(factors), p.phi), real = times_baseline(r, p.multiply_adds);
  std::string text =
      formatted("%3g %7.4f %7.4f %11d %13s %15.4f %8.2f %8.2f %8.3f %8.3f %8.3f %8.3f", p.phi, p.config.depth,
                p.config.width, p.config.resolution, with_commas(p.parameters).c_str(), giga(p.multiply_adds),
                real, rule, real / rule, p.growth.depth / std::pow(factors.alpha, p.phi),
                p.growth.width / std::pow(factors.beta, 2 * p.phi),
                p.growth.resolution / std::pow(factors.gamma, 2 * p.phi));
  for (std::size_t i = 0; i < r.request.objectives.size(); ++i) {
    if (!has_own_column(r.request.objectives[i])) continue;
    text += objective_cell(r, i, p.values[i]);
    if (r.request.objectives[i].measure == Measure::latency)
      text += p.values[i] ? formatted(" %7.2f", *p.values[i]) : "       -";
  }
  return text + (p.note.empty() ? "" : "  " + p.note) + "\n";
}

std::string series_text(const SearchResult& r) {
  if (r.series.empty()) return "";
  const CompoundScaling& w = r.candidates[r.winner].scaling;
  std::string text =
      formatted("\nthe winner's factors (%g, %g, %g) with larger phi; the rule says %.4f^phi:\n", w.alpha,
                w.beta, w.gamma, cost_factor(w));
  text +=
      "phi   depth   width  resolution    parameters  multiply-adds G   x base     rule  by rule    depth    "
      "width "
      "  resol.";
  for (const Objective& o : r.request.objectives) {
    if (!has_own_column(o)) continue;
    text += "  " + padded_left(with_unit(o), 10);
    if (o.measure == Measure::latency) text += "  x base";
  }
  text += "\n";
  for (const SeriesPoint& p : r.series) text += series_line(r, p, w);
  return text +
         "by rule: growth over rule, the product of depth (its growth over alpha^phi), width (over beta^(2 "
         "phi)) "
         "and resolution (over gamma^(2 phi))\n";
}

std::string notes_text(const SearchResult& r) {
  std::string text;
  if (r.baseline_milliseconds > 0)
    text += formatted("latency: the ratio to %s, measured in turns with it, times its %.2f ms\n",
                      r.request.baseline.name.c_str(), r.baseline_milliseconds);
  for (const Objective& o : r.request.objectives)
    if (o.measure == Measure::predicted)
      text += formatted(
          "predicted latency: steps with rows of their own make at least %.0f %% of the multiply-adds\n",
          100 * r.exact_share);
  return text;
}

}  // namespace

std::string search_text(const SearchResult& r) {
  const ScalingGrid& g = r.request.grid;
  return formatted(
             "%zu networks of %zu points with |alpha * beta^2 * gamma^2 - %g| <= %g, step %g; baseline %s, "
             "%.4f G "
             "multiply-adds\n\n",
             r.candidates.size(), point_count(r), g.cost, g.tolerance, g.step,
             r.request.baseline.name.c_str(), giga(r.baseline_multiply_adds)) +
         front_text(r) + series_text(r) + notes_text(r);
}

// --- CSV ---

namespace {

std::string csv_line(const SearchResult& r, const Candidate& c, const CompoundScaling& point,
                     std::size_t network, bool is_winner) {
  std::string text = formatted("%.10g,%.10g,%.10g,%.6f,%zu,%d,%lld,%lld", point.alpha, point.beta,
                               point.gamma, cost_factor(point), network, c.config.resolution,
                               static_cast<long long>(c.parameters), static_cast<long long>(c.multiply_adds));
  for (std::size_t i = 0; i < r.request.objectives.size(); ++i)
    if (has_own_column(r.request.objectives[i])) text += formatted(",%.9g", shown_value(r, i, c.values[i]));
  const bool is_published = point == r.published.scaling;
  return text + formatted(",%d,%d,%d\n", c.front, is_winner && point == c.scaling, is_published);
}

}  // namespace

std::string search_csv(const SearchResult& r) {
  std::string text = "alpha,beta,gamma,product,network,resolution,parameters,multiply_adds";
  for (const Objective& o : r.request.objectives)
    if (has_own_column(o))
      text += "," + name_of(o) +
              (o.measure == Measure::command ? ""
               : o.measure == Measure::arena ? "_bytes"
                                             : "_ms");
  text += ",front,winner,published\n";
  bool has_published = false;
  for (std::size_t i = 0; i < r.candidates.size(); ++i)
    for (const CompoundScaling& point : r.candidates[i].points) {
      text += csv_line(r, r.candidates[i], point, i, i == r.winner);
      has_published = has_published || point == r.published.scaling;
    }
  if (!has_published) text += csv_line(r, r.published, r.published.scaling, r.candidates.size(), false);
  return text;
}

// --- JSON ---

namespace {

Json to_json(const CompoundScaling& s) {
  return {{"alpha", s.alpha}, {"beta", s.beta}, {"gamma", s.gamma}, {"product", cost_factor(s)}};
}

Json network_json(const NetworkConfig& c, std::int64_t parameters, std::int64_t multiply_adds) {
  return {{"depth", c.depth},
          {"width", c.width},
          {"resolution", c.resolution},
          {"parameters", parameters},
          {"multiply_adds", multiply_adds}};
}

template <typename Values>
Json values_json(const SearchResult& r, const Values& values) {
  Json json = Json::object();
  for (std::size_t i = 0; i < r.request.objectives.size(); ++i) {
    const std::optional<double> value = values[i];
    json[name_of(r.request.objectives[i])] = value ? Json(shown_value(r, i, *value)) : Json(nullptr);
  }
  return json;
}

Json to_json(const SearchResult& r, const Candidate& c) {
  Json json = to_json(c.scaling);
  json.update(network_json(c.config, c.parameters, c.multiply_adds));
  json["values"] = values_json(r, c.values);
  json["front"] = c.front;
  Json points = Json::array();
  for (const CompoundScaling& point : c.points) points.push_back({point.alpha, point.beta, point.gamma});
  json["points"] = points;
  return json;
}

Json to_json(const SearchResult& r, const SeriesPoint& p) {
  Json json = {{"phi", p.phi}};
  if (p.multiply_adds > 0) {
    json.update(network_json(p.config, p.parameters, p.multiply_adds));
    json["growth"] = times_baseline(r, p.multiply_adds);
    json["growth_by_rule"] = std::pow(cost_factor(r.candidates[r.winner].scaling), p.phi);
    json["growth_parts"] = {
        {"depth", p.growth.depth}, {"width", p.growth.width}, {"resolution", p.growth.resolution}};
    json["values"] = values_json(r, p.values);
  }
  if (!p.note.empty()) json["note"] = p.note;
  return json;
}

}  // namespace

std::string search_json(const SearchResult& r) {
  Json candidates = Json::array(), series = Json::array(), objectives = Json::array();
  for (const Candidate& c : r.candidates) candidates.push_back(to_json(r, c));
  for (const SeriesPoint& p : r.series) series.push_back(to_json(r, p));
  for (const Objective& o : r.request.objectives)
    objectives.push_back(
        {{"name", name_of(o)}, {"command", o.command}, {"larger_is_better", o.larger_is_better()}});
  Json json = {{"baseline", r.request.baseline.name},
               {"baseline_multiply_adds", r.baseline_multiply_adds},
               {"baseline_parameters", r.baseline_parameters},
               {"cost", r.request.grid.cost},
               {"tolerance", r.request.grid.tolerance},
               {"step", r.request.grid.step},
               {"target", r.request.target.name},
               {"threads", r.request.threads},
               {"objectives", objectives},
               {"points", point_count(r)},
               {"candidates", candidates},
               {"published", to_json(r, r.published)},
               {"winner", to_json(r.candidates[r.winner].scaling)},
               {"series", series}};
  if (r.baseline_milliseconds > 0) json["baseline_latency_ms"] = r.baseline_milliseconds;
  return json.dump(2) + "\n";
}

// --- the published networks ---

std::string published_text(const std::vector<PublishedComparison>& rows) {
  std::string text =
      "         |        published                       |        exactly 1.2^phi, 1.1^phi, 1.15^phi         "
      "    |\n"
      "network  |  depth width resol. params M  mult-adds G |  phi   depth  width resol. params M  mult-adds "
      "G |  "
      "published / exact\n";
  int size = 0;
  for (const PublishedComparison& row : rows)
    text += formatted(
        "B%d       |  %5.2f %5.2f %6d %8.3f %12.4f |  %-4g %6.3f %6.3f %6d %8.3f %12.4f |  %.3f\n", size++,
        row.published.depth, row.published.width, row.published.resolution, mega(row.published_parameters),
        giga(row.published_multiply_adds), row.phi, row.exact.depth, row.exact.width, row.exact.resolution,
        mega(row.exact_parameters), giga(row.exact_multiply_adds),
        giga(row.published_multiply_adds) / giga(row.exact_multiply_adds));
  return text;
}

std::string published_json(const std::vector<PublishedComparison>& rows) {
  Json list = Json::array();
  for (const PublishedComparison& row : rows)
    list.push_back(
        {{"network", row.published.name},
         {"phi", row.phi},
         {"published", network_json(row.published, row.published_parameters, row.published_multiply_adds)},
         {"exact", network_json(row.exact, row.exact_parameters, row.exact_multiply_adds)}});
  return list.dump(2) + "\n";
}

}  // namespace effnet
