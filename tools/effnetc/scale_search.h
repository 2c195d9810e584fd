// effnetc scale --search: the grid search of compound scaling.
#pragma once

#include <string>
#include <vector>

#include "scaling/evaluate.h"
#include "scaling/search.h"
#include "tools/command.h"

namespace effnet {

struct ScaleSearchOptions {
  ScalingGrid grid;
  std::vector<std::string> objectives;
  int last_phi = 7;
  std::string table, plot;  // files
  EvaluationOptions evaluation;
};

// All of them need `search`, the flag --search.
void add_search_options(CLI::App& command, CLI::Option* search, ScaleSearchOptions& options);

// `output`: where the winner's network goes; may be empty.
Status run_scale_search(const ScaleSearchOptions& options, const NetworkConfig& baseline,
                        const CpuTarget& target, const std::string& output, bool as_json);

}  // namespace effnet
