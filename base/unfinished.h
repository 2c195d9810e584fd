// Files and folders that are being made: removed when a signal ends the program.
#pragma once

#include <string>

namespace effnet {

void add_unfinished(const std::string& path);
void remove_unfinished(const std::string& path);  // it is finished, or gone

// From now on SIGINT, SIGTERM and SIGHUP remove what is unfinished and end the program with status 128 +
// signal. Called once, before any thread starts.
void clean_up_on_signals();

// From now on the first of those signals is only noted, so that the program can end in good order; a second
// one ends it.
void ask_before_ending();
bool asked_to_end();

}  // namespace effnet
