// Step 2 of compound scaling, the grid search at phi = 1, and step 3: the winner's factors with larger phi.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "scaling/evaluate.h"
#include "scaling/memory.h"

namespace effnet {

struct SearchRequest {
  NetworkConfig baseline;
  CpuTarget target;
  int threads = 1;
  ScalingGrid grid;
  std::vector<Objective> objectives;
  int last_phi = 7;  // of the series; below 2: no series
};

// A network of the grid. Rounding makes one network of several points: the one whose cost is nearest to the wanted
// one speaks for them.
struct Candidate {
  CompoundScaling scaling;
  std::vector<CompoundScaling> points;  // all that make this network, with `scaling`
  NetworkConfig config;
  std::int64_t multiply_adds = 0, parameters = 0;
  std::vector<double> values;  // of the objectives, as Evaluator::value() has them
  bool front = false;          // no other candidate is better
};

// A network of the winner's factors with a larger phi.
struct SeriesPoint {
  double phi = 0;
  NetworkConfig config;
  std::int64_t multiply_adds = 0, parameters = 0;
  Growth growth;                              // of the multiply-adds against the baseline
  std::vector<std::optional<double>> values;  // of the objectives; commands are not asked again
  std::string note;                           // why something is missing
};

struct SearchResult {
  SearchRequest request;
  std::vector<Candidate> candidates;  // of the grid, by their factors
  Candidate published;                // (1.2, 1.1, 1.15), whether it is on the grid or not
  std::size_t winner = 0;             // into candidates
  std::vector<SeriesPoint> series;    // phi = 1, 2, ...
  std::int64_t baseline_multiply_adds = 0, baseline_parameters = 0;
  double baseline_milliseconds = 0;  // measured; 0 without a latency
  double exact_share = 1;            // as Evaluator::exact_share()
};

// What a user is told meanwhile.
struct SearchListener {
  std::function<void(const std::string& line)> say;
  // `what` begins, with `total` pieces of work, of which every advance() does some.
  std::function<void(const std::string& what, double total)> begin;
  std::function<void(double amount)> advance;
};

Result<SearchResult> search_scaling(const SearchRequest& request, Evaluator& evaluator,
                                    const SearchListener& listener);

// How many grid points the candidates stand for.
std::size_t point_count(const SearchResult& result);

// A value of an objective as people read it: milliseconds for a latency's ratio.
double shown_value(const SearchResult& result, std::size_t objective, double value);

}  // namespace effnet
