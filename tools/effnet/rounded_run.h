// What a network's scores lose when its tensors are rounded to the steps of a calibration: measured, not estimated.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tasks/loss_budget.h"
#include "tasks/quantisation.h"
#include "tools/effnet/model.h"

namespace effnet {

class RoundedRun {
 public:
  // Inputs of a model that was compiled to observe, which must stay alive.
  static Result<RoundedRun> create(const Model& model, std::map<std::string, Steps> steps,
                                   std::vector<std::vector<float>> inputs);

  // The difference of the logits, to the logits less their mean: sum of the squares to sum of the squares, over all
  // inputs.
  Result<double> loss(const RoundedTensors& rounded) const;

 private:
  RoundedRun(const Model& model, std::map<std::string, Steps> steps, std::vector<std::vector<float>> inputs)
      : model_(&model), steps_(std::move(steps)), inputs_(std::move(inputs)) {}
  Result<std::vector<float>> scores(const std::vector<float>& input, const RoundedTensors& rounded) const;

  const Model* model_;
  std::map<std::string, Steps> steps_;
  std::vector<std::vector<float>> inputs_, exact_;  // [input]
};

}  // namespace effnet
