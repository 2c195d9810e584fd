// What the tuner has measured, in one SQLite file that survives being killed, that several tuners may share
// and that may come from other machines: nothing that is read from it is trusted.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "autotune/measure.h"

struct sqlite3;

namespace effnet {

// For what a measurement counts: another machine, target or algorithm is another question.
struct LogContext {
  std::string cpu, target, halide;
  int threads = 1;
};

struct LogEntry {
  Numbers schedule;
  Outcome outcome = Outcome::measured;
  double ratio = 0;        // time over the default's time, measured side by side; when measured
  double nanoseconds = 0;  // when measured
  std::string reason;
};

class TuningLog {
 public:
  // Made when it is missing. A file that is no tuning log is an error.
  static Result<TuningLog> open(const std::string& path);
  TuningLog(TuningLog&&) noexcept;
  TuningLog& operator=(TuningLog&&) noexcept;
  ~TuningLog();

  // Every candidate of that step in that context; damaged and illegal ones are left out and counted.
  Result<std::vector<LogEntry>> read(const LogContext& context, const std::string& operation,
                                     const Numbers& problem);
  Status write(const LogContext& context, const std::string& operation, const Numbers& problem,
               const LogEntry& entry);
  // False: another tuner that is alive is measuring it. Of tuners on other machines a claim counts for an hour.
  Result<bool> claim(const LogContext& context, const std::string& operation, const Numbers& problem,
                     const Numbers& schedule);
  // Of this process.
  Status release_claims();
  Status begin_run(const LogContext& context, const std::string& networks, unsigned int seed);
  // Adds what another log knows and this one does not; how many.
  Result<int> merge(const std::string& path);

  int damaged() const { return damaged_; }

 private:
  struct Close {
    void operator()(sqlite3* database) const;
  };
  explicit TuningLog(std::string path) : path_(std::move(path)) {}
  Status failure() const;
  Status execute(const std::string& sql);

  std::string path_;
  std::unique_ptr<sqlite3, Close> database_;
  int damaged_ = 0;
};

std::string default_log_path();  // in the user's data folder

}  // namespace effnet
