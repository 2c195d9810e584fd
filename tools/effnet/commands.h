// The subcommands of effnet, one file each.
#pragma once

#include "tools/command.h"

namespace effnet {

Command add_classify(CLI::App& app);
Command add_features(CLI::App& app);
Command add_cam(CLI::App& app);
Command add_run(CLI::App& app);
Command add_bench(CLI::App& app);
Command add_info(CLI::App& app);
Command add_train(CLI::App& app);
Command add_eval(CLI::App& app);
Command add_calibrate(CLI::App& app);
Command add_compare(CLI::App& app);
Command add_search(CLI::App& app);

}  // namespace effnet
