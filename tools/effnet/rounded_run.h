// What a network's scores lose when its tensors are rounded to the steps of a calibration: measured, not estimated.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "models/calibration.h"
#include "tasks/loss_budget.h"
#include "tasks/quantisation.h"
#include "tools/effnet/model.h"

namespace effnet {

class RoundedRun {
 public:
  // Inputs of a model that was compiled to observe, which must stay alive. `stored`: of models/calibration.h. An error
  // where the scores are no numbers.
  static Result<RoundedRun> create(const Model& model, const Calibration& calibration,
                                   const std::map<std::string, std::string>& stored,
                                   std::vector<std::vector<float>> inputs);

  // Of the scores of all inputs.
  Result<double> loss(const RoundedReaders& rounded) const;

 private:
  struct Rounding {
    Steps steps;
    std::string reader;
  };

  RoundedRun(const Model& model, std::vector<std::vector<float>> inputs)
      : model_(&model), inputs_(std::move(inputs)) {}
  Result<std::vector<float>> scores(const std::vector<float>& input, const RoundedReaders& rounded) const;

  const Model* model_;
  std::map<std::string, Rounding> roundings_;       // by the tensor
  std::vector<std::vector<float>> inputs_, exact_;  // [input]
};

}  // namespace effnet
