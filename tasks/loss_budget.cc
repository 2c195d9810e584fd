#include "tasks/loss_budget.h"

#include <algorithm>
#include <limits>
#include <numeric>

namespace effnet {
namespace {

double square(double x) { return x * x; }

Status measure_all_others(LossBudget& result, const LossOf& loss_of) {
  const Result<double> loss = loss_of([&](const std::string& reader) {
    return std::find(result.kept.begin(), result.kept.end(), reader) == result.kept.end();
  });
  if (loss) result.loss = *loss;
  return loss.status();
}

Status measure_each(const std::vector<std::string>& blocks, const LossOf& loss_of, LossBudget& result) {
  for (const std::string& block : blocks) {
    const Result<double> loss = loss_of([&](const std::string& reader) { return reader == block; });
    if (!loss) return loss.status();
    result.blocks.push_back({block, *loss});
  }
  std::stable_sort(result.blocks.begin(), result.blocks.end(),
                   [](const BlockLoss& a, const BlockLoss& b) { return a.loss > b.loss; });
  return {};
}

}  // namespace

void ScoreLoss::add(const std::vector<float>& exact, const std::vector<float>& other) {
  const auto count = static_cast<double>(exact.size());
  const double mean = exact.size() > 1 ? std::accumulate(exact.begin(), exact.end(), 0.0) / count : 0;
  for (std::size_t i = 0; i < exact.size(); ++i) {
    noise_ += square(static_cast<double>(other[i]) - exact[i]);
    signal_ += square(exact[i] - mean);
  }
}

double ScoreLoss::value() const {
  if (signal_ > 0) return noise_ / signal_;
  return noise_ > 0 ? std::numeric_limits<double>::infinity() : 0;
}

Result<LossBudget> keep_worst(const std::vector<std::string>& blocks, double budget, const LossOf& loss_of) {
  LossBudget result;
  if (Status status = measure_all_others(result, loss_of); !status) return status;
  if (result.loss <= budget) return result;
  if (Status status = measure_each(blocks, loss_of, result); !status) return status;
  for (const BlockLoss& worst : result.blocks) {
    if (result.loss <= budget) break;
    result.kept.push_back(worst.block);
    if (Status status = measure_all_others(result, loss_of); !status) return status;
  }
  return result;
}

}  // namespace effnet
