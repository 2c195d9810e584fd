#include "tools/command.h"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <exception>

#include "base/message.h"
#include "base/text.h"
#include "base/unfinished.h"

namespace effnet {

namespace {

// Without a subcommand the parser only says that it misses one.
std::string what_is_wrong(const CLI::App& app, const Commands& commands, const CLI::ParseError& e) {
  const std::vector<std::string> rest = app.remaining();
  const bool chosen = std::any_of(commands.begin(), commands.end(),
                                  [](const Command& command) { return command.app->parsed(); });
  if (chosen || rest.empty()) return e.what();
  std::vector<std::string> names;
  if (rest[0].starts_with("-")) {
    for (const CLI::Option* option : app.get_options()) names.push_back(option->get_name());
    return "there is no option " + in_quotes(rest[0]) + did_you_mean(rest[0], names);
  }
  for (const Command& command : commands)
    if (!command.app->get_group().empty()) names.push_back(command.app->get_name());
  return "there is no command " + in_quotes(rest[0]) + did_you_mean(rest[0], names);
}

}  // namespace

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
    print_error(where, what_is_wrong(app, commands, e) + " (see " + where + " --help)");
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
    print_error(where, failure);
    return 1;
  }
  return 0;
}

}  // namespace effnet
