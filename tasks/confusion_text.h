// Results for people to read.
#pragma once

#include <string>
#include <vector>

#include "tasks/evaluation.h"

namespace effnet {

// A line for each class: pictures, precision, recall, F1.
std::string class_table(const Confusion& confusion, const std::vector<std::string>& labels);

// Rows are true classes, columns predicted ones; of more than 20 classes only the most frequent mistakes.
std::string confusion_table(const Confusion& confusion, const std::vector<std::string>& labels);

}  // namespace effnet
