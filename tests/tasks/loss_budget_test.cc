#include "tasks/loss_budget.h"

#include <map>

#include "tests/catch.h"

namespace effnet::test {
namespace {

using Names = std::vector<std::string>;

// Losses that add up; those of the stem and the head stay whatever is kept.
const std::map<std::string, double> losses = {
    {"stem", 0.125},       {"blocks.0.depthwise", 0.25}, {"blocks.0", 0.25}, {"blocks.1.expand", 1},
    {"blocks.1.gated", 1}, {"blocks.10.expand", 0.125},  {"blocks.2", 0.5},  {"head", 0.125}};
const Names blocks = {"blocks.0", "blocks.1", "blocks.2", "blocks.10"};

Result<double> added(const RoundedTensors& rounded) {
  double sum = 0;
  for (const auto& [tensor, loss] : losses)
    if (rounded(tensor)) sum += loss;
  return sum;
}

LossBudget kept(double budget) {
  const Result<LossBudget> result = keep_worst(blocks, budget, added);
  REQUIRE(result.ok());
  return *result;
}

TEST_CASE("a tensor's name begins with its block's") {
  CHECK(block_of("blocks.10.expand") == "blocks.10");
  CHECK(block_of("blocks.1") == "blocks.1");
  CHECK(block_of("stem") == "");
}

TEST_CASE("blocks are measured alone, and the worst comes first") {
  Names names;
  std::vector<double> alone;
  for (const BlockLoss& block : kept(9).blocks) names.push_back(block.block), alone.push_back(block.loss);
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

TEST_CASE("where no block is left to keep, the loss says by how much the budget is missed") {
  CHECK(kept(0).kept.size() == 4);
  CHECK(kept(0).loss == 0.25);
}

TEST_CASE("a measurement that fails ends the search") {
  CHECK(keep_worst(blocks, 1, [](const RoundedTensors&) -> Result<double> {
          return Status::error("the disk is full");
        }).message() == "the disk is full");
}

}  // namespace
}  // namespace effnet::test
