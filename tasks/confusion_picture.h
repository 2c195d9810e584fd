// A confusion matrix to look at.
#pragma once

#include <string>
#include <vector>

#include "pictures/picture.h"
#include "tasks/evaluation.h"

namespace effnet {

// Rows are true classes, columns predicted ones. A cell is the darker the larger its share of the row. Up to 40 classes
// it shows its count, rows have the classes' names and columns, too, where they fit, else both have numbers from 0.
Picture draw_confusion(const Confusion& confusion, const std::vector<std::string>& labels);

}  // namespace effnet
