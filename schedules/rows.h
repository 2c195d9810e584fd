// Tuned schedules: one line a step in schedules/<target>/<operator>.rows, sorted, written by the tuner:
//
//   <problem> threads=1 | <schedule> | microseconds=143.2 cores=2 cpu="AMD EPYC 9R14 (family 25, model 17)" halide=21.0.0 algorithm=1a2b3c4d
//
// Rows that a model of the CPU made without measuring say estimated=1 there.
// The problem's padding (top, left) is not part of the key:
// it changes no loop. Lines that begin with # are comments.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "schedules/numbers.h"

namespace effnet {

struct ScheduleRow {
  Numbers problem;  // without padding
  int threads = 1;
  Numbers schedule;
  double microseconds = 0;
  int cores = 0;  // of that machine; 0: unknown
  std::string cpu, halide, algorithm;
  bool estimated = false;  // by a model of that CPU, not measured
};

// Whether a row may be used for so many threads: what is best for fewer may have too few tasks, what is best for several
// computes some things twice.
bool serves(const ScheduleRow& row, int threads);

// The key of a problem: without padding (top, left), which changes no loop.
Numbers without_padding(Numbers problem);

// How unlike two problems are: the sum of |log ratio| over their numbers; infinite for different numbers.
double problem_distance(const Numbers& a, const Numbers& b);

// "a=1 b=2" -> numbers.
Result<Numbers> parse_numbers(const std::string& text);

Result<ScheduleRow> parse_row(const std::string& line);
std::string format_row(const ScheduleRow& row);

// The rows of one target, from a chain of folders: the first folder that has a row for a step wins.
class ScheduleRows {
 public:
  // Reads DIR/<target>/<operator>.rows of every folder; a
  // missing file is an empty one, a damaged line an error.
  static Result<ScheduleRows> load(const std::vector<std::string>& folders, const std::string& target,
                                   const std::vector<std::string>& operators);

  void add(const std::string& operation, const ScheduleRow& row);  // as the last of the chain

  // The row of the nearest problem, if that is near: no number differs by more than a third.
  const ScheduleRow* find_near(const std::string& operation, const Numbers& problem, int threads) const;

  // Rows of all problems of that operator, nearest first, at most `count`.
  std::vector<const ScheduleRow*> nearest(const std::string& operation, const Numbers& problem, int threads,
                                          std::size_t count) const;

  // The row for this problem that serves so many threads; of several, the one for the nearest number.
  const ScheduleRow* find(const std::string& operation, const Numbers& problem, int threads) const;

 private:
  struct Entry {
    std::size_t folder;  // in the chain
    std::string operation;
    ScheduleRow row;
  };
  std::vector<Entry> entries_;  // in the order of the chain
};

// Changes the rows of one operator in FOLDER/<target>/<operator>.rows: those with the problem and threads of
// a given row are replaced, the others stay; an estimated row does not replace a measured one. Sorted; the file
// appears whole or not at all.
Status write_rows(const std::string& folder, const std::string& target, const std::string& operation,
                  const std::vector<ScheduleRow>& rows);

// Where a user's own rows lie; empty when there is no home.
std::string user_schedule_folder();

// --schedules DIR (may be empty), $EFFNET_SCHEDULES, the user's data folder, `shipped`: those that are set; without
// the middle two where a result must not depend on who asks for it.
std::vector<std::string> schedule_folders(const std::string& option, const std::string& shipped,
                                          bool with_users = true);

}  // namespace effnet
