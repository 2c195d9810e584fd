// The subcommands of effnetc, one file each.
#pragma once

#include "tools/command.h"

namespace effnet {

// --precision, the element type.
void add_precision_option(CLI::App& command, std::string& precision);

void add_list(CLI::App& app, Commands& commands);
void add_describe(CLI::App& app, Commands& commands);
void add_targets(CLI::App& app, Commands& commands);
void add_compile(CLI::App& app, Commands& commands);
void add_import(CLI::App& app, Commands& commands);
void add_tune(CLI::App& app, Commands& commands);
void add_scale(CLI::App& app, Commands& commands);

}  // namespace effnet
