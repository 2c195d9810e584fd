// Names of folders and the labels of a network.
#pragma once

#include <string>
#include <vector>

#include "base/status.h"

namespace effnet {

// The label that each folder's name stands for: equal but for capitals, '_' and '-' instead of spaces; else a class's
// number. Names that fit none, or several, are an error that names the nearest label.
Result<std::vector<int>> match_labels(const std::vector<std::string>& folders,
                                      const std::vector<std::string>& labels);

}  // namespace effnet
