#include "tools/command.h"

#include <csignal>
#include <cstdio>
#include <exception>

#include "base/unfinished.h"

namespace effnet {

int run_program(CLI::App& app, const Commands& commands, int argc, char** argv) {
  clean_up_on_signals();
  std::signal(SIGXFSZ, SIG_IGN);  // a limit on file sizes is then an error of write()
  std::string where = app.get_name();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    if (e.get_exit_code() == 0) return app.exit(e);  // --help
    for (const Command& command : commands)
      if (command.app->parsed()) where += " " + command.app->get_name();
    std::fprintf(stderr, "%s: %s (see %s --help)\n", where.c_str(), e.what(), where.c_str());
    return 2;
  }
  for (const Command& command : commands) {
    if (!command.app->parsed()) continue;
    where += " " + command.app->get_name();
    std::string failure;
    try {
      const Status status = command.run();
      if (status.ok() && std::fflush(stdout) == 0 && !std::ferror(stdout)) return 0;
      failure = status.ok() ? "cannot write to standard output" : status.message();
    } catch (const std::bad_alloc&) {
      failure = "out of memory";
    } catch (const std::exception& e) {
      failure = e.what();
    }
    std::fprintf(stderr, "%s: %s\n", where.c_str(), failure.c_str());
    return 1;
  }
  return 0;
}

}  // namespace effnet
