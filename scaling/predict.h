// A network's time from the times in schedule rows, without running anything.
#pragma once

#include "pipeline/plan.h"

namespace effnet {

struct Prediction {
  double milliseconds = 0;
  // Shares of the multiply-adds whose time is that of a row of the same shape, that of the nearest shape scaled by
  // multiply-adds, and of operators without any row, which get the mean speed of all rows.
  double exact = 0, scaled = 0, guessed = 0;
};

// An error where there is no row at all for the plan's target and this number of threads.
Result<Prediction> predict_latency(const Plan& plan, const ScheduleRows& rows, int threads);

// Of a step with this problem (of the classifier, whose problem does not say how many classes there are: of a panel).
double multiply_adds(const std::string& operation, const Numbers& problem);

}  // namespace effnet
