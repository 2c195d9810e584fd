// A step's candidates, judged by a static model of a CPU that is not at hand.
#pragma once

#include "autotune/estimator.h"
#include "autotune/judge.h"

namespace effnet {

class EstimatedContest final : public Judge {
 public:
  // `jobs` candidates are compiled at a time; 0: as many as there are cores.
  EstimatedContest(TuneState& state, TuningLog& log, const Estimator& estimator, int jobs,
                   const TuneListener& listener)
      : Judge(state, log, listener), estimator_(estimator), jobs_(jobs) {}

  Status find_machine() override;
  Status judge_defaults(const std::vector<StepState*>& steps) override;
  Status judge_candidates(const std::vector<Candidate>& candidates, int first_runs) override;
  double seconds_to_verify(const StepState&, int) const override { return 0; }
  // One whose gain is too small for a row is dropped.
  void verify(StepState& s, int runs) override;

 private:
  Status record(StepState& s, const Numbers& schedule, const Result<Estimate>& estimate);

  const Estimator& estimator_;
  int jobs_;
};

// For the request's target and --cpu.
Result<Estimator> estimator_of(const TuneRequest& request);

// Of one schedule of a step.
Result<Estimate> estimate_step(const Estimator& estimator, const TuneState& state, const StepState& s,
                               const Numbers& schedule);

}  // namespace effnet
