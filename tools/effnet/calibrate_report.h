// What effnet calibrate says of its result.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "models/calibration.h"
#include "tasks/loss_budget.h"

namespace effnet {

struct CalibrationOutcome {
  Calibration calibration;
  std::vector<std::string> tensors;           // its names, in the order of the data
  std::map<std::string, std::string> stored;  // those that int8 rounds: models/calibration.h
  LossBudget measured;                        // of the scores of some pictures
};

// `file`: where the calibration was written.
void print_json(const std::string& file, const CalibrationOutcome& outcome);
void print_text(const std::string& file, const CalibrationOutcome& outcome);

}  // namespace effnet
