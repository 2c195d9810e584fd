// Completion of the two programs' command lines in bash and zsh, made from the parser's own description of them.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tools/command.h"

namespace effnet {

// Words for options and positionals that the parser does not know the values of, by their names without dashes and
// in lower case: {"network", {"efficientnet_b0", ...}}.
using CompletionWords = std::map<std::string, std::vector<std::string>>;

// The command `completion bash|zsh`. Add it last; it describes what `app` is when it runs.
Command add_completion(CLI::App& app, CompletionWords words = {});

}  // namespace effnet
