// Runs the C compiler.
#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "generators/target.h"

namespace effnet {

// `cc` may have arguments behind spaces. It runs inside `folder`, so that relative names keep this machine's
// paths out of what it writes.
Status run_cc(const std::string& cc, const CpuTarget& target, const std::string& folder,
              const std::vector<std::string>& arguments);

}  // namespace effnet
