// What a signal that ends the program must not leave behind: half-made files, folders made for them, and
// child processes.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>

namespace effnet {

// Files, or folders with all that is in them.
void add_unfinished(const std::string& path);
void remove_unfinished(const std::string& path);  // it is finished, or gone

// Folders that go only when nothing is in them: other programs may have put files there meanwhile.
void add_new_folder(const std::string& path);
void remove_new_folder(const std::string& path);

// `start` starts a process that leads a group of its own and returns its id, or 0; so does start_child().
pid_t start_child(const std::function<pid_t()>& start);
void remove_child(pid_t child);  // it has ended, but was not waited for: its id is still its own

// From now on SIGINT, SIGTERM and SIGHUP, unless they are ignored (nohup), end the children, remove what is
// unfinished and end the program with status 128 + signal. Called once, before any thread starts.
void clean_up_on_signals();

// From now on the first of those signals is only noted, so that the program can end in good order; a second
// one ends it.
void ask_before_ending();
bool asked_to_end();

}  // namespace effnet
