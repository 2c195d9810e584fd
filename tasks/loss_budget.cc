#include "tasks/loss_budget.h"

#include <algorithm>

namespace effnet {

std::string block_of(const std::string& tensor) {
  const std::string beginning = "blocks.";
  return tensor.starts_with(beginning) ? tensor.substr(0, tensor.find('.', beginning.size())) : "";
}

Result<LossBudget> keep_worst(const std::vector<std::string>& blocks, double budget, const LossOf& loss_of) {
  LossBudget result;
  for (const std::string& block : blocks) {
    const Result<double> loss = loss_of([&](const std::string& tensor) { return block_of(tensor) == block; });
    if (!loss) return loss.status();
    result.blocks.push_back({block, *loss});
  }
  std::stable_sort(result.blocks.begin(), result.blocks.end(),
                   [](const BlockLoss& a, const BlockLoss& b) { return a.loss > b.loss; });
  for (std::size_t next = 0;; ++next) {
    const Result<double> loss = loss_of([&](const std::string& tensor) {
      return std::find(result.kept.begin(), result.kept.end(), block_of(tensor)) == result.kept.end();
    });
    if (!loss) return loss.status();
    result.loss = *loss;
    if (result.loss <= budget || next == result.blocks.size()) return result;
    result.kept.push_back(result.blocks[next].block);
  }
}

}  // namespace effnet
