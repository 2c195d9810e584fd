// Runs the C compiler.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "generators/target.h"

namespace effnet {

// Its name, with arguments behind spaces. None: cc, and clang for another kind of machine.
using CCompiler = std::optional<std::string>;

// It runs inside `folder`, so that relative names keep this machine's paths out of what it writes.
Status run_cc(const CCompiler& cc, const CpuTarget& target, const std::string& folder,
              const std::vector<std::string>& arguments);

}  // namespace effnet
