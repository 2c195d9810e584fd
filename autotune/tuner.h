// The tuner: finds schedules for the steps of one or several networks by measuring, within a budget of time.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "autotune/budget.h"
#include "autotune/log.h"
#include "autotune/measure.h"
#include "autotune/search.h"
#include "autotune/step.h"

namespace effnet {

struct TuneRequest {
  std::vector<NetworkConfig> networks;
  CpuTarget target;
  int threads = 1;
  double budget_seconds = 600;
  std::string log;
  std::string schedules;  // a folder of rows before all others; may be empty
  std::string output;     // folder of the rows that are written
  std::string cc = "cc", runner;
  Strategy strategy = Strategy::evolution;
  unsigned int seed = 1;
  std::vector<std::string> only;  // steps by name; empty: all
  int candidate_seconds = 20;
  std::int64_t memory_bytes = std::int64_t{4} << 30;  // of a candidate's program or compilation
  JobOptions jobs;
};

struct CurvePoint {
  double seconds;
  int candidates;
  double ratio;
};

struct StepState {
  TuningStep step;
  std::unique_ptr<Search> search;
  Prospects prospects;
  Numbers default_schedule, best;
  std::string hash;     // of the default's outputs: every schedule's
  std::string failure;  // why the default cannot be measured
  double default_nanoseconds = 0;
  double ratio = 1;       // of the best one's time to the default's
  bool verified = false;  // by the long comparison at the end
  std::string default_program, best_program;
  int tried = 0, resumed = 0;
  std::vector<CurvePoint> curve;

  double nanoseconds() const { return default_nanoseconds * ratio; }
};

// A candidate that cost itself and nothing else.
struct FailedCandidate {
  std::string step;
  Numbers schedule;
  Outcome outcome;
  std::string reason;
};

struct TuneState {
  LogContext context;
  int cores = 0;
  double elapsed = 0, budget = 0;
  int active = -1;       // step
  bool stopped = false;  // by a signal
  int rows_written = 0;
  std::vector<Network> networks;
  std::vector<StepState> steps;
  std::vector<FailedCandidate> failed;

  // The sum over a network's steps, of the defaults and of the best, in nanoseconds.
  std::pair<double, double> times_of(std::size_t network) const;
};

struct TuneListener {
  std::function<void(const TuneState&)> changed;
  std::function<void(const std::string&)> say;  // one line
};

// Runs until the budget is used up, nothing is left to try or a signal asks to end; writes the rows.
Status tune(const TuneRequest& request, const TuneListener& listener, TuneState& state);

}  // namespace effnet
