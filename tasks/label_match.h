// The classes that people name, and the labels of a network.
#pragma once

#include <string>
#include <vector>

#include "base/status.h"

namespace effnet {

// The class that a name stands for: a label that is equal, else one that is equal but for capitals, '_' and '-' instead
// of spaces, else the class of that number. A name that fits none, or several, is an error that names the nearest label.
Result<int> match_label(const std::string& name, const std::vector<std::string>& labels);

// The same for each name of a class folder.
Result<std::vector<int>> match_labels(const std::vector<std::string>& folders,
                                      const std::vector<std::string>& labels);

}  // namespace effnet
