// Who says how good a step's candidates are: by measuring them (contest.h) or from their code
// (estimated_contest.h). Knows nothing of the budget.
#pragma once

#include <vector>

#include "autotune/log.h"
#include "autotune/tuner.h"

namespace effnet {

class Judge {
 public:
  virtual ~Judge() = default;
  Judge(const Judge&) = delete;
  Judge& operator=(const Judge&) = delete;

  // Finds out for which machine the candidates are: the state's context and cores.
  virtual Status find_machine() = 0;
  // The defaults become the first incumbents. Their costs are the unit of all others.
  virtual Status judge_defaults(const std::vector<StepState*>& steps) = 0;
  // Candidates that were claimed, those of a step next to each other. Afterwards the best one of each step, if better, is its
  // incumbent. What is much slower after `first_runs` is given up.
  virtual Status judge_candidates(const std::vector<Candidate>& candidates, int first_runs) = 0;
  // What verify() will take of the step as it is now.
  virtual double seconds_to_verify(const StepState& s, int runs) const = 0;
  // The best one against the default once more; one that does not hold, or gains too little for a row, is dropped.
  virtual void verify(StepState& s, int runs) = 0;

  // Reports what the log knows of a step and its search does not.
  Status learn(StepState& s);
  // False: it is illegal, or a tuner with the same log has judged it or is about to.
  Result<bool> claim(const Candidate& candidate);
  // Judges at most `most` new candidates that the step's search proposes.
  Status generation(StepState& s, int most);

 protected:
  // Both functions of the listener are there.
  Judge(TuneState& state, TuningLog& log, const TuneListener& listener)
      : state_(state), log_(log), listener_(listener) {}

  // The default's time is known.
  Status accept_default(StepState& s, double nanoseconds);
  Status refuse_default(StepState& s, const Measurement& m);
  Status store(StepState& s, const Numbers& schedule, double ratio, double nanoseconds);
  Status fail(StepState& s, const Numbers& schedule, const Measurement& m);

  TuneState& state_;
  TuningLog& log_;
  const TuneListener& listener_;
};

}  // namespace effnet
