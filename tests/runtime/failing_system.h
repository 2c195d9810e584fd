// The system calls of the runtime, which may be made to fail: the link editor sends them here (--wrap, see
// CMakeLists.txt). Calls of the tests themselves do not fail as long as failing is off.
#pragma once

#include <string>

namespace effnet::tiny {

struct System {
  int calls = 0;
  int fail_at = -1;      // the number of the call that fails; -1: none
  bool onwards = false;  // and all that follow it
  std::string failed;    // the function that did
  long blocks = 0;       // of aligned_alloc that are not freed
  long maps = 0;         // of mmap that are not unmapped
};

extern System the_system;

}  // namespace effnet::tiny
