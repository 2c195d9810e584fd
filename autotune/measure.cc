#include "autotune/measure.h"

#include <array>

#include "base/process.h"
#include "base/text.h"

namespace effnet {

namespace {

constexpr std::array names = {"measured", "slow",          "wrong result", "crash",
                              "hang",     "out of memory", "not compiled"};

bool ran_out_of_memory(const ProcessResult& run, std::int64_t limit) {
  if (limit > 0 && run.peak_bytes > limit / 10 * 8) return true;
  for (const char* sign : {"out of memory", "bad_alloc", "Cannot allocate memory", "MemoryError"})
    if (run.errors.find(sign) != std::string::npos) return true;
  return false;
}

}  // namespace

const char* name_of(Outcome outcome) { return names[static_cast<std::size_t>(outcome)]; }

bool parse_outcome(const std::string& name, Outcome& outcome) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (name != names[i]) continue;
    outcome = static_cast<Outcome>(i);
    return true;
  }
  return false;
}

Measurement Runner::run(const std::string& program) const {
  ProcessOptions options;
  options.seconds = seconds;
  options.memory_bytes = memory_bytes;
  options.wants_output = true;
  Result<ProcessResult> run = run_process(
      command.empty() ? std::vector<std::string>{program} : shell_command(command, program), options);
  constexpr int alarm_status = 128 + 14;  // the candidate's own alarm
  if (!run) return {Outcome::crashed, {}, run.message()};
  if (!run->in_time || run->exit_status == alarm_status)
    return {Outcome::hung, {}, "it did not end within " + std::to_string(static_cast<int>(seconds)) + " s"};
  if (run->exit_status != 0) {
    const std::string line = last_line(run->errors);
    const std::string reason =
        "status " + std::to_string(run->exit_status) + (line.empty() ? "" : ": " + in_quotes(line));
    return {ran_out_of_memory(*run, memory_bytes) ? Outcome::out_of_memory : Outcome::crashed, {}, reason};
  }
  Result<CandidateResult> result = parse_candidate_output(run->output);
  if (!result) return {Outcome::crashed, {}, result.message()};
  return {Outcome::measured, *std::move(result), ""};
}

}  // namespace effnet
