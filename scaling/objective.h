// What a search over scaled networks compares them by.
#pragma once

#include <string>
#include <vector>

#include "base/status.h"

namespace effnet {

enum class Measure {
  multiply_adds,
  parameters,
  arena,      // bytes of activations and scratch
  predicted,  // the sum of its steps' times in the schedule rows
  latency,    // measured here
  command     // the score that a command prints
};

struct Objective {
  Measure measure = Measure::multiply_adds;
  std::string command;  // of Measure::command
  int number = 1;  // among the commands of a search, which tells their names apart: "command", "command2"

  bool operator==(const Objective& other) const {
    return measure == other.measure && command == other.command;
  }
  bool larger_is_better() const { return measure == Measure::command; }
};

// "flops", "params", "arena", "predicted", "latency" or "command:CMD".
Result<Objective> parse_objective(const std::string& text);

std::string name_of(
    const Objective& objective);  // as parse_objective() takes it, a command's with its number
std::string title_of(const Objective& objective);  // "multiply-adds", "score 2"
std::string unit_of(const Objective& objective);   // "G"; what value_text() counts in; may be empty

// `value` as evaluate.h has it: a count, bytes, milliseconds or a score.
double in_units(const Objective& objective, double value);
std::string value_text(const Objective& objective, double value);

}  // namespace effnet
