// One step's candidates against its incumbent: a generation is proposed, claimed, built, timed in turns with
// the best one so far, halved and logged. Knows nothing of other steps or of the budget.
#pragma once

#include <vector>

#include "autotune/generation.h"
#include "autotune/log.h"
#include "autotune/tuner.h"

namespace effnet {

class Contest {
 public:
  // Both functions of the listener are there.
  Contest(TuneState& state, TuningLog& log, Workbench& bench, const TuneListener& listener)
      : state_(state), log_(log), bench_(bench), listener_(listener) {}

  // Reports what the log knows of a step and its search does not.
  Status learn(StepState& s);
  // Times the default, checks its samples against the reference and makes it the first incumbent.
  Status measure_default(StepState& s, const Workbench::Built& built);
  // At most `most` new candidates; returns after the best of them, if better, is the incumbent.
  Status generation(StepState& s, int most);
  // The best one against the default once more, longer; one that does not hold, or whose gain is too small for a row, is dropped.
  void verify(StepState& s, int runs);

 private:
  struct Entrant {
    Numbers schedule;
    std::string program;
    Comparison comparison;
  };

  Result<std::vector<Numbers>> claim(StepState& s, const std::vector<Numbers>& points);
  Status enter(StepState& s, const std::vector<Numbers>& points, std::vector<Entrant>& alive);
  Status first_run(StepState& s, Entrant entrant, Measurement built, std::vector<Entrant>& alive);
  Status halve(StepState& s, std::vector<Entrant>& alive);
  bool beats_default(StepState& s, int runs, Comparison& c);
  void crown(StepState& s, const Entrant& winner);
  Status store(StepState& s, const Entrant& entrant);
  Status fail(StepState& s, const Numbers& schedule, const Measurement& m);

  TuneState& state_;
  TuningLog& log_;
  Workbench& bench_;
  const TuneListener& listener_;
};

}  // namespace effnet
