// Pictures in a folder for each class: DIR/<class>/*.png (or .jpg).
#pragma once

#include <string>
#include <vector>

#include "base/status.h"

namespace effnet {

struct LabelledFolder {
  std::vector<std::string> classes;   // names of the folders, sorted by their bytes
  std::vector<std::string> pictures;  // paths, class by class, sorted
  std::vector<int> labels;            // one a picture: its class
};

// Hidden files and folders are left out, folders inside a class's folder belong to it. Errors: no folder, a class
// without pictures, a name that no head file can hold.
Result<LabelledFolder> read_labelled_folder(const std::string& folder);

}  // namespace effnet
