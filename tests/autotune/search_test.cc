// The search and the division of the budget, on synthetic landscapes.
#include "autotune/search.h"

#include <cmath>
#include <set>

#include "autotune/budget.h"
#include "tests/catch.h"

namespace effnet {

namespace {

// Four axes, a third of the points forbidden, a curved valley with a rough floor.
SearchSpace space() {
  std::vector<int> values;
  for (int i = 1; i <= 24; ++i) values.push_back(i);
  return {{{"a", values}, {"b", values}, {"c", values}, {"d", {1, 2, 4, 8, 16}}},
          [](Numbers n) {
            n["b"] = std::max(n["b"], n["d"] > 8 ? 2 : 1);
            return n;
          },
          [](const Numbers& n) { return n.at("a") % 3 != 1 || n.at("b") % 2 == 0; }};
}

double cost(const Numbers& n, int landscape) {
  const double best_a = 3 + 5 * landscape, best_d = landscape % 2 ? 4 : 1;
  const double a = (n.at("a") - best_a) / 24, b = (n.at("b") - 24 + n.at("a")) / 24.0,
               c = (n.at("c") - 11) / 24.0;
  const double rough = 0.05 * std::sin(7.0 * n.at("a") + 13.0 * n.at("b") + 5.0 * n.at("c"));
  return 1 + 2 * a * a + 2 * b * b + c * c + 0.1 * std::abs(std::log2(n.at("d") / best_d)) + rough;
}

// The best cost after every tenth of 120 points.
std::vector<double> curve(Strategy strategy, unsigned int seed, int landscape) {
  Search search(space(), strategy, seed);
  search.start_from({{"a", 12}, {"b", 12}, {"c", 12}, {"d", 16}});
  std::vector<double> best;
  for (int generation = 0; generation < 12; ++generation) {
    for (const Numbers& point : search.propose(10)) search.report(point, cost(point, landscape));
    best.push_back(search.best_cost());
  }
  return best;
}

TEST_CASE("evolution beats random search at equal budget") {
  for (int landscape = 0; landscape < 4; ++landscape) {
    double evolution = 0, random = 0;
    int wins = 0;
    for (unsigned int seed = 1; seed <= 20; ++seed) {
      const double e = curve(Strategy::evolution, seed, landscape).back();
      const double r = curve(Strategy::random, seed, landscape).back();
      evolution += e, random += r;
      wins += e <= r;
    }
    INFO("landscape " << landscape << ": " << evolution / 20 << " and " << random / 20);
    CHECK(evolution < random);
    CHECK(wins >= 15);
  }
}

TEST_CASE("the same reports give the same proposals") {
  CHECK(curve(Strategy::evolution, 7, 1) == curve(Strategy::evolution, 7, 1));
  CHECK(curve(Strategy::random, 7, 1) == curve(Strategy::random, 7, 1));
}

TEST_CASE("no point is proposed twice, and all are worth a try") {
  for (const Strategy strategy : {Strategy::evolution, Strategy::random}) {
    Search search(space(), strategy, 3);
    std::set<Numbers> seen;
    for (int generation = 0; generation < 30; ++generation) {
      for (const Numbers& point : search.propose(8)) {
        CHECK(seen.insert(point).second);
        CHECK(space().worth_trying(point));
        search.report(point, cost(point, 0));
      }
    }
  }
}

TEST_CASE("a reported point may lack a number, as rows from before a flag do") {
  Search search(space(), Strategy::evolution, 1);
  search.report({{"a", 12}, {"b", 12}, {"c", 12}}, 2);
  for (int generation = 0; generation < 4; ++generation)
    for (const Numbers& point : search.propose(8)) search.report(point, cost(point, 1));
  CHECK(search.reported() > 20);
}

TEST_CASE("the starting points come first") {
  Search search(space(), Strategy::evolution, 1);
  const Numbers first = {{"a", 2}, {"b", 3}, {"c", 4}, {"d", 1}};
  search.start_from(first);
  const std::vector<Numbers> points = search.propose(4);
  REQUIRE(points.size() == 4);
  CHECK(points[0] == first);
}

TEST_CASE("a space of one point is soon exhausted") {
  Search search({{{"a", {5}}}, [](Numbers n) { return n; }, [](const Numbers&) { return true; }},
                Strategy::evolution, 1);
  CHECK(search.propose(8).size() == 1);
  CHECK(search.propose(8).empty());
  Search empty({{}, [](Numbers n) { return n; }, [](const Numbers&) { return true; }}, Strategy::evolution,
               1);
  CHECK(empty.propose(8).empty());
}

TEST_CASE("failed points are never the best") {
  Search search(space(), Strategy::evolution, 1);
  for (const Numbers& point : search.propose(8))
    search.report(point, std::numeric_limits<double>::infinity());
  CHECK(search.best() == nullptr);
  CHECK_FALSE(search.propose(8).empty());
}

TEST_CASE("the budget goes where it pays") {
  std::vector<Prospects> steps(3);
  const std::vector<double> weights = {0.1, 0.6, 0.3};
  CHECK(most_promising(steps, weights) == 1);
  for (int i = 0; i < 4; ++i) steps[1].add(0, 3);  // no gain there
  CHECK(most_promising(steps, weights) == 2);
  steps[2].add(0.3, 3);
  CHECK(most_promising(steps, weights) == 2);
  for (int i = 0; i < 8; ++i) steps[2].add(0, 3);
  CHECK(steps[2].settled());
  for (Prospects& step : steps) step.exhaust();
  CHECK(most_promising(steps, weights) == -1);
}

}  // namespace

}  // namespace effnet
