// The grid search itself: networks, front, winner, series, and what is written of them.
#include "scaling/search.h"

#include <nlohmann/json.hpp>
#include <set>

#include "models/packing.h"
#include "scaling/pareto.h"
#include "scaling/plot.h"
#include "scaling/tables.h"
#include "tests/catch.h"
#include "tests/support/temporary.h"

namespace effnet {
namespace {

class Searches {
 public:
  Searches() {
    request_.baseline = *find_network("efficientnet_b0");
    request_.target = *find_target("x86-64-v3");
    options_.latency.baseline = request_.baseline;
    options_.latency.target = request_.target;
    options_.cache_dir = cache_.path().string();
  }
  SearchRequest& request() { return request_; }

  Result<SearchResult> run(const std::vector<std::string>& objectives) {
    request_.objectives.clear();
    for (const std::string& objective : objectives)
      request_.objectives.push_back(*parse_objective(objective));
    Result<Evaluator> evaluator = Evaluator::create(options_);
    REQUIRE(evaluator);
    return search_scaling(request_, *evaluator,
                          {[&](const std::string& line) { said.push_back(line); },
                           [&](const std::string&, double total) { announced += total; },
                           [&](double amount) { done += amount; }});
  }
  SearchResult must_run(const std::vector<std::string>& objectives) {
    Result<SearchResult> result = run(objectives);
    INFO((result ? "" : result.message()));
    REQUIRE(result);
    return *std::move(result);
  }

  std::vector<std::string> said;
  double announced = 0, done = 0;

 private:
  test::TemporaryFolder cache_;
  SearchRequest request_;
  EvaluationOptions options_;
};

TEST_CASE("every network of the grid is a candidate once, with all points that make it") {
  Searches searches;
  const SearchResult result = searches.must_run({"flops"});
  CHECK(point_count(result) == grid_points({})->size());
  std::set<std::string> networks;
  for (const Candidate& candidate : result.candidates) {
    const Network network = *build_network(candidate.config);
    CHECK(networks.insert(fingerprint(network, Precision::fp32) + std::to_string(network.resolution)).second);
    CHECK(candidate.multiply_adds == multiply_adds(network));
    for (const CompoundScaling& point : candidate.points) {
      CHECK(multiply_adds(*build_network(*scale(*find_network("efficientnet_b0"), point, "x"))) ==
            candidate.multiply_adds);
      CHECK(std::abs(cost_factor(candidate.scaling) - 2) <= std::abs(cost_factor(point) - 2) + 1e-9);
    }
  }
}

TEST_CASE("with one objective the winner is the best in it") {
  Searches searches;
  const SearchResult result = searches.must_run({"flops"});
  for (const Candidate& candidate : result.candidates)
    CHECK(candidate.multiply_adds >= result.candidates[result.winner].multiply_adds);
  CHECK(result.candidates[result.winner].front);
}

TEST_CASE("with several, the front holds the candidates that none is better than in all") {
  Searches searches;
  const SearchResult result = searches.must_run({"flops", "params", "arena"});
  CHECK(result.candidates[result.winner].front);
  const auto better = [](const Candidate& a, const Candidate& b) { return dominates(a.values, b.values); };
  std::size_t front = 0;
  for (const Candidate& candidate : result.candidates) {
    CHECK(candidate.front == std::none_of(result.candidates.begin(), result.candidates.end(),
                                          [&](const Candidate& other) { return better(other, candidate); }));
    front += candidate.front;
  }
  CHECK(front >= 3);
  CHECK(front < result.candidates.size());
}

TEST_CASE("a score is better when it is larger") {
  Searches searches;
  searches.request().last_phi = 0;
  // The resolution as a score: the winner has the largest.
  const SearchResult result = searches.must_run({R"(command:sed -n 's/.*"resolution": \([0-9]*\).*/\1/p')"});
  for (const Candidate& candidate : result.candidates)
    CHECK(candidate.config.resolution <= result.candidates[result.winner].config.resolution);
  CHECK(result.series.empty());
  CHECK(searches.announced > 0);
  CHECK(searches.done == Approx(searches.announced));
}

TEST_CASE("a search that was ended goes on with what it knows") {
  Searches searches;
  searches.request().last_phi = 0;
  // Fails for the first network that is not larger than 230.
  const std::string command =
      R"(command:r=$(sed -n 's/.*"resolution": \([0-9]*\).*/\1/p' {}); [ "$r" -gt 230 ] && echo "$r" #)";
  const Result<SearchResult> ended = searches.run({command});
  REQUIRE_FALSE(ended);
  const double before = searches.done;
  CHECK(before > 0);
  CHECK_FALSE(searches.run({command}));
  REQUIRE(searches.said.size() == 1);
  CHECK_THAT(searches.said[0], Catch::Contains("known from an earlier run"));
  CHECK(searches.done == before);
}

TEST_CASE("the series follows the rule within what rounding does") {
  Searches searches;
  const SearchResult result = searches.must_run({"params"});
  REQUIRE(result.series.size() == 7);
  const CompoundScaling& factors = result.candidates[result.winner].scaling;
  for (const SeriesPoint& point : result.series) {
    const double real =
        static_cast<double>(point.multiply_adds) / static_cast<double>(result.baseline_multiply_adds);
    CHECK(point.growth.whole() == Approx(real));
    CHECK(real == Approx(std::pow(cost_factor(factors), point.phi)).epsilon(0.35));
    CHECK(point.values[0] == static_cast<double>(point.parameters));
  }
}

TEST_CASE("a series ends with a note where networks are too large") {
  Searches searches;
  searches.request().grid = {8, 0.5, 0.5};
  searches.request().last_phi = 12;
  const SearchResult result = searches.must_run({"flops"});
  CHECK(result.series.front().note.empty());
  CHECK_THAT(result.series.back().note, Catch::Contains("too large"));
  CHECK(result.series.back().multiply_adds == 0);
  CHECK_THAT(search_text(result), Catch::Contains("12  phi 12 is too large"));
  CHECK(search_plot(result).find("nan") == std::string::npos);
}

TEST_CASE("the published point is valued and marked also where the grid has it not") {
  Searches searches;
  searches.request().grid = {2, 0.1, 0.25};
  const SearchResult result = searches.must_run({"flops", "params"});
  CHECK(result.published.scaling == CompoundScaling{});
  CHECK(result.published.values[1] == static_cast<double>(result.published.parameters));
  const std::string csv = search_csv(result);
  CHECK_THAT(csv, Catch::Contains("\n1.2,1.1,1.15,1.920"));
  CHECK(std::count(csv.begin(), csv.end(), '\n') == static_cast<int>(point_count(result)) + 2);
}

TEST_CASE("the table has a line a point, one winner and one published point") {
  Searches searches;
  const SearchResult result = searches.must_run({"flops", "arena"});
  const std::string csv = search_csv(result);
  CHECK_THAT(csv, Catch::StartsWith(
                      "alpha,beta,gamma,product,network,resolution,parameters,multiply_adds,arena_bytes,"
                      "front,winner,published\n"));
  std::size_t lines = 0, winners = 0, published = 0;
  std::istringstream stream(csv);
  for (std::string line; std::getline(stream, line); ++lines) {
    winners += line.ends_with(",1,0") || line.ends_with(",1,1");  // winner, published
    published += line.starts_with("1.2,1.1,1.15,");
  }
  CHECK(lines == point_count(result) + 1);
  CHECK(winners == 1);
  CHECK(published == 1);
}

TEST_CASE("the JSON says the same as the search") {
  Searches searches;
  const SearchResult result = searches.must_run({"flops", "arena"});
  const nlohmann::json json = nlohmann::json::parse(search_json(result));
  REQUIRE(json["candidates"].size() == result.candidates.size());
  CHECK(json["candidates"][0]["values"]["arena"] == result.candidates[0].values[1]);
  CHECK(json["winner"]["alpha"] == result.candidates[result.winner].scaling.alpha);
  CHECK(json["published"]["product"].get<double>() == Approx(1.92).margin(1e-3));
  CHECK(json["series"].size() == 7);
  CHECK(json["series"][1]["growth"].get<double>() == Approx(result.series[1].growth.whole()));
}

TEST_CASE("the picture holds every candidate, the marks and the curves") {
  Searches searches;
  const SearchResult result = searches.must_run({"flops", "params"});
  const std::string svg = search_plot(result);
  CHECK_THAT(svg, Catch::StartsWith("<svg xmlns='http://www.w3.org/2000/svg'"));
  CHECK_THAT(svg, Catch::Contains("published, product 1.92") && Catch::Contains("Pareto front") &&
                      Catch::Contains("phi"));
  std::size_t titles = 0;
  for (std::size_t at = svg.find("<title>"); at != std::string::npos; at = svg.find("<title>", at + 1))
    ++titles;
  CHECK(titles == result.candidates.size() + 1 + 2 * result.series.size());
  for (const char* word : {"nan", "inf,", "http://www.w3.org/1999"})
    CHECK(svg.find(word) == std::string::npos);
}

}  // namespace
}  // namespace effnet
