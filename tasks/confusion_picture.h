// A confusion matrix to look at.
#pragma once

#include "pictures/picture.h"
#include "tasks/evaluation.h"

namespace effnet {

// Rows are true classes, columns predicted ones, both numbered from 0. A cell is the darker the larger its share of
// the row; up to 40 classes it shows its count.
Picture draw_confusion(const Confusion& confusion);

}  // namespace effnet
