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
#include "pipeline/cc.h"

namespace effnet {

constexpr double worthwhile_ratio = 0.99;  // a schedule must be so much better than the default

struct TuneRequest {
  std::vector<NetworkConfig> networks;
  CpuTarget target;
  Precision precision = Precision::fp32;
  int threads = 1;
  double budget_seconds = 600;
  int most_candidates = 0;  // new ones, of all steps together; 0: no limit
  std::string log;
  std::string schedules;  // a folder of rows before all others; may be empty
  std::string output;     // folder of the rows that are written
  CCompiler cc;           // of candidates' programs
  std::string runner;
  bool estimate = false;  // from the code of candidates, for the CPU named here, instead of measuring them
  std::string cpu;        // of cpu_models()
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

// What effnetc compile would take in a default's place.
enum class KnownRow {
  none,        // or it was measured here
  is_default,  // written elsewhere, and the default all the same
  waits,       // for being measured against the default
};

struct StepState {
  TuningStep step;
  std::unique_ptr<Search> search;
  Prospects prospects;
  Numbers default_schedule, best;
  std::string hash;     // of the default's outputs: every schedule's
  std::string failure;  // why the default cannot be measured
  KnownRow known_row = KnownRow::none;
  double default_nanoseconds = 0;
  double ratio = 1;  // of the best one's time to the default's
  std::string default_program, best_program;
  int tried = 0, resumed = 0;  // candidates, the default with them; of these from the log
  int judged = 0;              // in this run
  std::vector<CurvePoint> curve;

  void count() { ++tried, ++judged; }
  double nanoseconds() const { return default_nanoseconds * ratio; }
};

struct Candidate {
  StepState* step;
  Numbers schedule;
};

// A candidate that cost itself and nothing else.
struct FailedCandidate {
  std::string step;
  Numbers schedule;
  Outcome outcome;
  std::string reason;
};

struct TuneState {
  CpuTarget target;
  LogContext context;
  int cores = 0;
  double elapsed = 0, budget = 0;
  int active = -1;       // step
  bool stopped = false;  // by a signal
  int rows_written = 0;
  std::vector<Network> networks;
  std::vector<StepState> steps;
  std::vector<FailedCandidate> failed;

  std::string machine() const;  // "AMD EPYC 9R14 (family 25, model 17), 2 cores"
  std::string title_of(
      const StepState& s) const;  // its name, of several networks with the network's before it
  // The sum over a network's steps, of the defaults and of the best, in nanoseconds.
  std::pair<double, double> times_of(std::size_t network) const;
  // When the search had found this share of a network's final gain; 0 when there is none.
  double seconds_to_gain(std::size_t network, double share) const;
};

struct TuneListener {
  std::function<void(const TuneState&)> changed;
  std::function<void(const std::string&)> say;  // one line
};

// The different steps of the request's networks, with their search spaces, into `state`.
Status add_steps(const TuneRequest& request, TuneState& state);

// Runs until the budget is used up, nothing is left to try or a signal asks to end; writes the rows.
Status tune(const TuneRequest& request, const TuneListener& listener, TuneState& state);

}  // namespace effnet
