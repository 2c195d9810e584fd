#include "tasks/loss_budget.h"

#include <cmath>
#include <map>

#include "tests/catch.h"

namespace effnet::test {
namespace {

using Names = std::vector<std::string>;

// By what reads the rounded tensors; they add up. The head's stays whatever is kept.
const std::map<std::string, double> losses = {
    {"blocks.0", 0.5}, {"blocks.1", 2}, {"blocks.2", 0.5}, {"blocks.10", 0.125}, {"head", 0.25}};
const Names blocks = {"blocks.0", "blocks.1", "blocks.2", "blocks.10"};

Result<double> added(const RoundedReaders& rounded) {
  double sum = 0;
  for (const auto& [reader, loss] : losses)
    if (rounded(reader)) sum += loss;
  return sum;
}

LossBudget kept(double budget) {
  const Result<LossBudget> result = keep_worst(blocks, budget, added);
  REQUIRE(result.ok());
  return *result;
}

double loss_of(const std::vector<float>& exact, const std::vector<float>& other) {
  ScoreLoss loss;
  loss.add(exact, other);
  return loss.value();
}

TEST_CASE("the loss of scores is the difference's power to theirs, less their mean, over all inputs") {
  CHECK(loss_of({1, 3}, {1, 3}) == 0);
  CHECK(loss_of({1, 3}, {1, 2}) == 0.5);
  CHECK(loss_of({101, 103}, {101, 102}) == 0.5);
  ScoreLoss loss;
  loss.add({1, 3}, {1, 2});
  loss.add({5, 5}, {5, 8});
  CHECK(loss.value() == 5);
}

TEST_CASE("a single score is measured by itself, and a loss of nothing is not taken for none") {
  CHECK(loss_of({2}, {1}) == 0.25);
  CHECK(loss_of({2}, {2}) == 0);
  CHECK(std::isinf(loss_of({5, 5}, {5, 6})));
  CHECK(loss_of({5, 5}, {5, 5}) == 0);
}

TEST_CASE("blocks are measured alone, and the worst comes first") {
  Names names;
  std::vector<double> alone;
  for (const BlockLoss& block : kept(1).blocks) names.push_back(block.block), alone.push_back(block.loss);
  CHECK(names == Names{"blocks.1", "blocks.0", "blocks.2", "blocks.10"});
  CHECK(alone == std::vector<double>{2, 0.5, 0.5, 0.125});
}

TEST_CASE("as few blocks are kept as bring the loss into the budget") {
  CHECK(kept(3.375).kept.empty());
  CHECK(kept(3.375).loss == 3.375);
  CHECK(kept(3).kept == Names{"blocks.1"});
  CHECK(kept(3).loss == 1.375);
  CHECK(kept(1.375).kept == Names{"blocks.1"});
  CHECK(kept(1).kept == Names{"blocks.1", "blocks.0"});
  CHECK(kept(0.25).kept == Names{"blocks.1", "blocks.0", "blocks.2", "blocks.10"});
}

TEST_CASE("no block is measured where the loss is within the budget with none kept") {
  int measured = 0;
  const auto counted = [&](const RoundedReaders& rounded) {
    ++measured;
    return added(rounded);
  };
  REQUIRE(keep_worst(blocks, 3.375, counted).ok());
  CHECK(measured == 1);
  CHECK(kept(3.375).blocks.empty());
}

TEST_CASE("where no block is left to keep, the loss says by how much the budget is missed") {
  CHECK(kept(0).kept.size() == 4);
  CHECK(kept(0).loss == 0.25);
}

TEST_CASE("a measurement that fails ends the search") {
  CHECK(keep_worst(blocks, 1, [](const RoundedReaders&) -> Result<double> {
          return Status::error("the disk is full");
        }).message() == "the disk is full");
}

}  // namespace
}  // namespace effnet::test
