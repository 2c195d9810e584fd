// Which blocks of a network stay in floats, so that rounding what all others read costs no more than is allowed.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/status.h"

namespace effnet {

// The difference of scores, to the scores less their mean, which tells no class from another: sum of the squares to sum of
// the squares, over all that was added. A single score is its own measure.
class ScoreLoss {
 public:
  // Of one input, finite.
  void add(const std::vector<float>& exact, const std::vector<float>& other);
  double value() const;  // infinite where only the difference is not 0

 private:
  double noise_ = 0, signal_ = 0;
};

// What the network's scores lose when the tensors are rounded that are read by those for which `rounded` is true: blocks,
// and the head behind them, which cannot be kept.
using RoundedReaders = std::function<bool(const std::string& reader)>;
using LossOf = std::function<Result<double>(const RoundedReaders& rounded)>;

struct BlockLoss {
  std::string block;
  double loss;  // where it alone reads rounded tensors
};

struct LossBudget {
  std::vector<BlockLoss> blocks;  // worst first; none where nothing has to be kept
  std::vector<std::string> kept;  // the first of these, as few as it takes
  double loss = 0;  // where all others read rounded tensors; above the budget where nothing helps
};

// Where the loss with none kept is above the budget: measures each block alone, then keeps the worst, one more at a time,
// until it is within.
Result<LossBudget> keep_worst(const std::vector<std::string>& blocks, double budget, const LossOf& loss_of);

}  // namespace effnet
