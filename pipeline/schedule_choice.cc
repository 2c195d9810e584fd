#include "pipeline/schedule_choice.h"

#include "base/text.h"
#include "generators/transfer.h"

namespace effnet {

std::set<std::string> differences(const Operator& op, const ScheduleRow& row, const std::string& cpu,
                                  const std::string& halide) {
  std::set<std::string> all;
  if (row.algorithm != op.algorithm_hash) all.insert("another version of " + op.name);
  if (!halide.empty() && row.halide != halide) all.insert("Halide " + row.halide);
  if (!cpu.empty() && row.cpu != cpu) all.insert("another CPU, " + in_quotes(row.cpu));
  return all;
}

Numbers ScheduleChoice::choose(const Operator& op, const Numbers& problem) {
  if (options_.rows) {
    if (const ScheduleRow* row = options_.rows->find(op.name, problem, options_.threads)) {
      const std::string wrong = op.check_schedule(problem, row->schedule);
      if (wrong.empty()) return use(op, *row, row->schedule);
      unused_.push_back("the schedule row of " + op.name + " (" + to_text(problem) +
                        ") is not used: " + wrong);
    } else if (const ScheduleRow* near = options_.rows->find_near(op.name, problem, options_.threads)) {
      const Numbers fitted = transferred(op, near->schedule, near->problem, problem);
      if (op.check_schedule(problem, fitted).empty() &&
          op.worth_trying(problem, fitted, options_.target.machine))
        return use(op, *near, fitted);
    }
  }
  return op.default_schedule(problem, options_.target.machine, options_.threads);
}

std::vector<std::string> ScheduleChoice::warnings() const {
  std::vector<std::string> all = unused_;
  if (!stale_.empty())
    all.push_back("schedule rows for " + options_.target.name + " were tuned for " +
                  join({stale_.begin(), stale_.end()}, ", ") +
                  "; they are used, and effnetc tune finds better ones");
  return all;
}

Numbers ScheduleChoice::use(const Operator& op, const ScheduleRow& row, const Numbers& schedule) {
  stale_.merge(differences(op, row, options_.cpu, options_.halide));
  return schedule;
}

}  // namespace effnet
