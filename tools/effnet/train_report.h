// What effnet train says at its end.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tasks/evaluation.h"

namespace effnet {

struct TrainReport {
  std::string network, method;  // "softmax regression" or "imprinting"
  std::vector<std::string> labels;
  std::size_t training = 0, validation = 0, skipped = 0;  // pictures
  std::size_t views = 1, features_computed = 0, features_cached = 0;
  unsigned long long seed = 0;
  double l2 = 0, loss = 0;  // of softmax regression
  int iterations = 0, strengths_tried = 0;
  double feature_seconds = 0, training_seconds = 0;
  bool left_out = false;  // judged picture by picture, without each
  std::optional<Evaluation> judged, tested;
  std::string head, confusion_picture, test_folder;
  bool refit = false;
};

void print_text(const TrainReport& report);
void print_json(const TrainReport& report);

}  // namespace effnet
