// Runs candidates: each in a process of its own, with limits, here or through a command on another machine.
#pragma once

#include <string>

#include "autotune/candidate.h"

namespace effnet {

// What became of a candidate.
enum class Outcome { measured, slow, wrong, crashed, hung, out_of_memory, not_compiled };
const char* name_of(Outcome outcome);
bool parse_outcome(const std::string& name, Outcome& outcome);

struct Measurement {
  Outcome outcome = Outcome::measured;
  CandidateResult result;  // when measured
  std::string reason;      // else
};

struct Runner {
  std::string command;  // of a shell, {} stands for the program's path; empty: the program runs here
  double seconds = 30;
  std::int64_t memory_bytes = 0;

  Measurement run(const std::string& program) const;
};

}  // namespace effnet
