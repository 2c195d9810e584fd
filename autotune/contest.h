// Candidates against their step's incumbent: built, timed in turns with the best one so far, halved and logged. Knows nothing of
// the budget.
#pragma once

#include <vector>

#include "autotune/generation.h"
#include "autotune/judge.h"

namespace effnet {

class Contest final : public Judge {
 public:
  Contest(TuneState& state, TuningLog& log, Workbench& bench, const TuneListener& listener)
      : Judge(state, log, listener), bench_(bench) {}

  // The CPU is that on which candidates run: the first one says which.
  Status find_machine() override;
  // Times the defaults and checks their samples against the reference.
  Status judge_defaults(const std::vector<StepState*>& steps) override;
  Status judge_candidates(const std::vector<Candidate>& candidates, int first_runs) override;
  double seconds_to_verify(const StepState& s, int runs) const override;
  // Longer than the first time.
  void verify(StepState& s, int runs) override;

 private:
  struct Entrant {
    Numbers schedule;
    std::string program;
    Comparison comparison;
  };

  Status judge_default(StepState& s, const Workbench::Built& built);
  std::vector<Workbench::Built> build(const std::vector<Candidate>& candidates);
  Status enter(StepState& s, const Numbers& schedule, const Workbench::Built& built, int runs,
               std::vector<Entrant>& alive);
  Status halve(StepState& s, std::vector<Entrant>& alive);
  bool beats_default(StepState& s, int runs, Comparison& c);
  void crown(StepState& s, const Entrant& winner);
  Status store(StepState& s, const Entrant& entrant);

  Workbench& bench_;
};

}  // namespace effnet
