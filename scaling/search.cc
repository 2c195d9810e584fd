#include "scaling/search.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "base/text.h"
#include "models/packing.h"
#include "scaling/pareto.h"

namespace effnet {

namespace {

std::string name_of_point(const CompoundScaling& s) {
  std::string name = formatted("scaled_%g_%g_%g_%g", s.alpha, s.beta, s.gamma, s.phi);
  for (char& c : name)
    if (c == '.' || c == '-' || c == '+') c = '_';
  return name;
}

std::string factors_text(const CompoundScaling& s) {
  return formatted("(%g, %g, %g), phi %g", s.alpha, s.beta, s.gamma, s.phi);
}

Result<Candidate> make_candidate(const SearchRequest& request, const CompoundScaling& point) {
  const Result<ScaledNetwork> scaled =
      scale_for(request.target, request.baseline, point, name_of_point(point));
  if (!scaled) return scaled.status();
  Candidate candidate;
  candidate.scaling = point;
  candidate.points = {point};
  candidate.config = scaled->config;
  candidate.multiply_adds = multiply_adds(scaled->plan.network);
  candidate.parameters = parameters(scaled->plan.network);
  return candidate;
}

// Equal for equal networks.
std::string identity(const NetworkConfig& config) {
  const Result<Network> network = build_network(config);
  return network ? fingerprint(*network, Precision::fp32) + " " + std::to_string(config.resolution)
                 : config.name;
}

class Search {
 public:
  Search(const SearchRequest& request, Evaluator& evaluator, const SearchListener& listener)
      : evaluator_(evaluator), listener_(listener) {
    result_.request = request;
  }

  Result<SearchResult> run() {
    for (auto step : {&Search::make_candidates, &Search::evaluate, &Search::choose, &Search::make_series})
      if (Status status = (this->*step)(); !status) return status;
    result_.baseline_milliseconds = evaluator_.baseline_milliseconds();
    result_.exact_share = evaluator_.exact_share();
    return std::move(result_);
  }

 private:
  const SearchRequest& request() const { return result_.request; }

  Status make_candidates() {
    const Result<Network> baseline = build_network(request().baseline);
    if (!baseline) return baseline.status();
    result_.baseline_multiply_adds = multiply_adds(*baseline);
    result_.baseline_parameters = parameters(*baseline);
    const Result<std::vector<CompoundScaling>> points = grid_points(request().grid);
    if (!points) return points.status();
    std::map<std::string, std::size_t> known;
    Status too_large;
    std::size_t left_out = 0;
    for (const CompoundScaling& point : *points) {
      Result<Candidate> candidate = make_candidate(request(), point);
      if (!candidate) {
        too_large = Status::error(factors_text(point) + ": " + candidate.message());
        ++left_out;
        continue;
      }
      const auto [at, is_new] = known.emplace(identity(candidate->config), result_.candidates.size());
      if (is_new)
        result_.candidates.push_back(*std::move(candidate));
      else
        join(result_.candidates[at->second], *candidate);
    }
    if (result_.candidates.empty()) return too_large;
    if (left_out > 0)
      listener_.say(formatted("%zu of %zu points make no network that compiles, for example ", left_out,
                              points->size()) +
                    too_large.message());
    Result<Candidate> published = make_candidate(request(), CompoundScaling{});
    if (!published) return published.status();
    result_.published = *std::move(published);
    return {};
  }

  // Another point of the same network.
  void join(Candidate& candidate, const Candidate& other) const {
    candidate.points.push_back(other.scaling);
    const auto distance = [&](const CompoundScaling& s) {
      return std::abs(cost_factor(s) - request().grid.cost);
    };
    if (distance(other.scaling) >= distance(candidate.scaling) - 1e-9) return;
    candidate.scaling = other.scaling;
    candidate.config = other.config;
  }

  // --- values ---

  // Quick objectives first: what is wrong with one of them is said before anything is measured.
  Status evaluate() {
    for (Candidate& candidate : result_.candidates) candidate.values.resize(request().objectives.size());
    result_.published.values.resize(request().objectives.size());
    for (const bool slow : {false, true})
      for (std::size_t i = 0; i < request().objectives.size(); ++i) {
        const Measure measure = request().objectives[i].measure;
        if (slow != (measure == Measure::latency || measure == Measure::command)) continue;
        if (Status status = evaluate(i); !status) return status;
      }
    return {};
  }

  Status evaluate(std::size_t objective) {
    std::vector<Candidate*> all;
    for (Candidate& candidate : result_.candidates) all.push_back(&candidate);
    const std::string wanted = identity(result_.published.config);
    const bool on_grid = std::any_of(all.begin(), all.end(), [&](const Candidate* candidate) {
      return identity(candidate->config) == wanted;
    });
    if (!on_grid) all.push_back(&result_.published);
    std::vector<std::pair<const NetworkConfig*, double*>> work;
    work.reserve(all.size());
    for (Candidate* candidate : all) work.emplace_back(&candidate->config, &candidate->values[objective]);
    if (Status status = evaluate(request().objectives[objective], work); !status) return status;
    for (const Candidate* candidate : all)
      if (identity(candidate->config) == wanted)
        result_.published.values[objective] = candidate->values[objective];
    return {};
  }

  Status evaluate(const Objective& objective,
                  const std::vector<std::pair<const NetworkConfig*, double*>>& work) {
    std::vector<bool> quick;
    double total = 0;
    for (const auto& [config, value] : work) {
      const Result<bool> is_quick = evaluator_.is_quick(objective, *config);
      if (!is_quick) return is_quick.status();
      quick.push_back(*is_quick);
      if (!*is_quick) total += effort(*config);
    }
    const auto known = std::count(quick.begin(), quick.end(), true);
    if (tells_known_ && total > 0 && known > 0)
      listener_.say(formatted("%s: %zu of %zu networks are known from an earlier run (",
                              title_of(objective).c_str(), static_cast<std::size_t>(known), work.size()) +
                    evaluator_.cache() + "), the others follow");
    if (total > 0) listener_.begin(title_of(objective), total);
    for (std::size_t i = 0; i < work.size(); ++i) {
      const Result<double> value = evaluator_.value(objective, *work[i].first);
      if (!value) return Status::error(work[i].first->name + ": " + value.message());
      *work[i].second = *value;
      if (!quick[i]) listener_.advance(effort(*work[i].first));
    }
    return {};
  }

  // Of compiling and running a network, or of training it: about.
  double effort(const NetworkConfig& config) const {
    const Result<Network> network = build_network(config);
    if (!network) return 1;
    const double cost = static_cast<double>(multiply_adds(*network));
    return 1 + cost / static_cast<double>(result_.baseline_multiply_adds);
  }

  // --- front and winner ---

  Costs costs_of(const Candidate& candidate) const {
    Costs costs = candidate.values;
    for (std::size_t i = 0; i < costs.size(); ++i)
      if (request().objectives[i].larger_is_better()) costs[i] = -costs[i];
    return costs;
  }

  Status choose() {
    std::vector<Costs> costs;
    for (const Candidate& candidate : result_.candidates) costs.push_back(costs_of(candidate));
    const std::vector<bool> front = pareto_front(costs);
    for (std::size_t i = 0; i < front.size(); ++i) result_.candidates[i].front = front[i];
    result_.published.front = std::none_of(costs.begin(), costs.end(), [&](const Costs& other) {
      return dominates(other, costs_of(result_.published));
    });
    result_.winner = balanced_choice(costs, front);
    return {};
  }

  // --- series ---

  Status make_series() {
    for (int phi = 1; phi <= request().last_phi && request().last_phi >= 2; ++phi) {
      CompoundScaling scaling = result_.candidates[result_.winner].scaling;
      scaling.phi = phi;
      SeriesPoint point;
      point.phi = phi;
      point.values.resize(request().objectives.size());
      const Result<Candidate> made = make_candidate(request(), scaling);
      if (made) {
        const Result<Growth> grown = growth(request().baseline, made->config);
        if (!grown) return grown.status();
        point.growth = *grown;
        point.config = made->config;
        point.multiply_adds = made->multiply_adds;
        point.parameters = made->parameters;
      } else {
        point.note = made.message();
      }
      result_.series.push_back(std::move(point));
    }
    tells_known_ = false;  // the grid's own measurements are no earlier run's
    for (std::size_t i = 0; i < request().objectives.size(); ++i)
      if (Status status = evaluate_series(i); !status) return status;
    return {};
  }

  Status evaluate_series(std::size_t objective) {
    if (request().objectives[objective].measure == Measure::command) return {};
    std::vector<std::pair<const NetworkConfig*, double*>> work;
    for (SeriesPoint& point : result_.series) {
      if (!point.note.empty() || !fits_memory(objective, point)) continue;
      point.values[objective] = 0;
      work.emplace_back(&point.config, &*point.values[objective]);
    }
    return evaluate(request().objectives[objective], work);
  }

  bool fits_memory(std::size_t objective, SeriesPoint& point) const {
    if (request().objectives[objective].measure != Measure::latency) return true;
    CompoundScaling scaling = result_.candidates[result_.winner].scaling;
    scaling.phi = point.phi;
    const Result<ScaledNetwork> scaled = scale_for(request().target, request().baseline, scaling, "x");
    if (!scaled) return false;
    const std::int64_t need = memory_need(scaled->plan, request().threads).whole(), have = machine_memory();
    // Beside the network itself, bench keeps its random weights' file and its input.
    if (have == 0 || need < have / 2) return true;
    point.note = formatted("not measured: weights and arena are %.1f GB, this machine has %.1f GB",
                           static_cast<double>(need) / 1e9, static_cast<double>(have) / 1e9);
    return false;
  }

  Evaluator& evaluator_;
  const SearchListener& listener_;
  SearchResult result_;
  bool tells_known_ = true;
};

}  // namespace

Result<SearchResult> search_scaling(const SearchRequest& request, Evaluator& evaluator,
                                    const SearchListener& listener) {
  if (request.objectives.empty()) return Status::error("a search needs an objective");
  return Search(request, evaluator, listener).run();
}

std::size_t point_count(const SearchResult& result) {
  std::size_t count = 0;
  for (const Candidate& candidate : result.candidates) count += candidate.points.size();
  return count;
}

double shown_value(const SearchResult& result, std::size_t objective, double value) {
  const bool is_latency = result.request.objectives[objective].measure == Measure::latency;
  return is_latency ? value * result.baseline_milliseconds : value;
}

}  // namespace effnet
