// Which blocks of a network stay in floats, so that rounding the tensors of all others costs no more than is allowed.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/status.h"

namespace effnet {

// What the network's scores lose when the tensors for which `rounded` is true are rounded to their steps.
using RoundedTensors = std::function<bool(const std::string& tensor)>;
using LossOf = std::function<Result<double>(const RoundedTensors& rounded)>;

// "blocks.3.expand", "blocks.3" -> "blocks.3"; empty for the tensors of no block: "stem", "head".
std::string block_of(const std::string& tensor);

struct BlockLoss {
  std::string block;
  double loss;  // with its tensors alone rounded
};

struct LossBudget {
  std::vector<BlockLoss> blocks;  // worst first
  std::vector<std::string> kept;  // the first of these, as few as it takes
  double loss = 0;  // with the tensors of all others rounded; above the budget where nothing helps
};

// Measures each block alone, then keeps the worst, one more at a time, until the loss is within the budget.
Result<LossBudget> keep_worst(const std::vector<std::string>& blocks, double budget, const LossOf& loss_of);

}  // namespace effnet
