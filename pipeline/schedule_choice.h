// Which schedule a step runs on: its row, that of a problem nearby, or the analytic default.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "pipeline/plan.h"

namespace effnet {

// What a row was tuned for where that is something else: "another version of project", "Halide 20.0.0", "another CPU, 'X'".
// Empty `cpu` and `halide`: any are right.
std::set<std::string> differences(const Operator& op, const ScheduleRow& row, const std::string& cpu,
                                  const std::string& halide);

class ScheduleChoice {
 public:
  explicit ScheduleChoice(const PlanOptions& options) : options_(options) {}

  Numbers choose(const Operator& op, const Numbers& problem);

  // Of the choices so far: rows that are illegal, stale or from another CPU.
  std::vector<std::string> warnings() const;

 private:
  Numbers use(const Operator& op, const ScheduleRow& row, const Numbers& schedule);

  const PlanOptions& options_;
  std::vector<std::string> unused_;  // rows, and why
  std::set<std::string> stale_;      // what the rows in use were tuned for
};

}  // namespace effnet
