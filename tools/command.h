// What the two programs share: subcommands, and one line and a non-zero status for whatever goes wrong.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>
#include <vector>

#include "base/status.h"

namespace effnet {

struct Command {
  CLI::App* app;
  std::function<Status()> run;
};
using Commands = std::vector<Command>;

// Parses, runs the chosen command and returns the exit status. Wrong arguments and failures get one line on
// stderr, "effnetc compile: ...". Nothing is thrown past this.
int run_program(CLI::App& app, const Commands& commands, int argc, char** argv);

}  // namespace effnet
