#include "tasks/agreement.h"

#include <cmath>

#include "tests/catch.h"

namespace effnet::test {
namespace {

using Scores = std::vector<float>;

TEST_CASE("equal scores agree in everything") {
  const Scores scores = {3, -1, 2, 0};
  const ScoreDifference d = compare_scores(scores, scores);
  CHECK(d.cosine == Approx(1));
  CHECK(d.largest == 0);
  CHECK(d.divergence == 0);
  CHECK(d.same_first);
  CHECK(d.among_five);
}

TEST_CASE("cosine, largest difference, divergence and lead are those of their formulas") {
  // Probabilities 1/2, 1/4, 1/4 and 1/4, 1/2, 1/4.
  const float log2 = std::log(2.0F);
  const Scores a = {log2, 0, 0}, b = {0, log2, 0};
  const ScoreDifference d = compare_scores(a, b);
  CHECK(d.cosine == Approx(0).margin(1e-12));
  CHECK(d.largest == Approx(std::log(2.0)));
  CHECK(d.divergence == Approx(0.5 * std::log(2.0) - 0.25 * std::log(2.0)));
  CHECK(d.lead == Approx(0.25));
  CHECK_FALSE(d.same_first);
  CHECK(d.among_five);
  CHECK(compare_scores(Scores{1, 2}, Scores{-2, -4}).cosine == Approx(-1));
  CHECK(compare_scores(Scores{0, 0}, Scores{0, 0}).cosine == 1);
  CHECK(compare_scores(Scores{1}, Scores{9}).lead == 1);
}

TEST_CASE("huge scores have finite divergences, and a constant added to all of them has none") {
  CHECK(compare_scores(Scores{1000, 0}, Scores{0, 1000}).divergence == Approx(1000));
  CHECK(compare_scores(Scores{5, 3, 1}, Scores{105, 103, 101}).divergence == Approx(0).margin(1e-12));
}

TEST_CASE("a's first class may be among b's first five without being the first") {
  const Scores a = {9, 1, 2, 3, 4, 5, 6};
  CHECK(compare_scores(a, Scores{3, 7, 6, 5, 4, 1, 1}).among_five);
  CHECK_FALSE(compare_scores(a, Scores{2, 7, 6, 5, 4, 3, 1}).among_five);
}

TEST_CASE("pictures in which the first class leads are counted apart") {
  Agreement agreement;
  const auto add = [&](const char* name, double cosine, double lead, bool same) {
    ScoreDifference d;
    d.cosine = cosine, d.largest = 1 - cosine, d.divergence = 2 - 2 * cosine;
    d.lead = lead, d.same_first = same, d.among_five = true;
    agreement.add(name, d);
  };
  add("clear", 0.9, 0.5, true);
  add("exactly", 1.0, clear_lead, true);
  add("close", 0.5, 0.05, false);
  add("not close", 0.8, 0.3, false);
  CHECK(agreement.all.pictures == 4);
  CHECK(agreement.all.first_share() == 0.5);
  CHECK(agreement.all.five_share() == 1);
  CHECK(agreement.leading.pictures == 3);
  CHECK(agreement.leading.first_share() == Approx(2 / 3.0));
  CHECK(agreement.mean_cosine == Approx(0.8));
  CHECK(agreement.least_cosine == 0.5);
  CHECK(agreement.farthest == "close");
  CHECK(agreement.largest_difference == Approx(0.5));
  CHECK(agreement.mean_divergence == Approx(0.4));
  CHECK(agreement.largest_divergence == Approx(1));
}

TEST_CASE("what falls short of an element type's limits is said") {
  Agreement agreement;
  ScoreDifference d;
  d.lead = 1;
  for (int i = 0; i < 200; ++i) {
    d.cosine = 0.999, d.same_first = i != 0;
    agreement.add("p", d);
  }
  CHECK(shortfalls(agreement, agreement_limits("int8-weights")).empty());
  CHECK(shortfalls(agreement, agreement_limits("bf16")) ==
        std::vector<std::string>{
            "the same first class in 99.50 % of the pictures with a lead of 0.10, less than 100.00 %",
            "a mean cosine of 0.99900, less than 0.99950"});
  CHECK(agreement_limits("fp32").least_cosine == 0.9999);
}

}  // namespace
}  // namespace effnet::test
