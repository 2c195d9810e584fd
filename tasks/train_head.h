// Learns a classifier for given features: softmax regression with an L2 penalty by L-BFGS.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "tasks/features.h"
#include "tasks/split.h"

namespace effnet {

struct TrainingProgress {
  double done = 0;  // of 1
  double l2 = 0;
  int iteration = 0;
  double loss = 0, validation_loss = 0, validation_accuracy = 0;  // losses: weighted as `balance` says
};

struct TrainingOptions {
  std::vector<double> l2;     // strengths to try, strongest first; empty: from 1 down to 1e-4
  bool balance = true;        // every class counts the same, however many pictures it has
  int most_iterations = 300;  // for each strength
  int patience = 10;          // iterations without a lower validation loss
  int threads = 0;            // 0: all cores. The result has the same bits for any number
  std::function<void(const TrainingProgress&)> progress;
};

// Of the strength with the lowest validation loss.
struct TrainedHead {
  LinearHead head;  // for features as they are
  double l2 = 0;
  int iterations = 0;
  double loss = 0, validation_loss = 0;
  int strengths_tried = 0;
};

// Features are standardised (mean 0, variance 1 over the training rows) while training. Each strength starts anew and
// ends when the validation loss no longer falls; so does the row of strengths.
TrainedHead train_head(const Features& features, std::span<const int> labels, int classes, const Split& split,
                       const TrainingOptions& options);

// With all rows and a strength and number of iterations that are known to be good.
LinearHead train_on_all(const Features& features, std::span<const int> labels, int classes, double l2,
                        int iterations, const TrainingOptions& options);

}  // namespace effnet
