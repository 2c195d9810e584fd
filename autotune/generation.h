// Builds and times candidates of one step: built in parallel, timed one at a time.
#pragma once

#include <optional>

#include "autotune/tuner.h"
#include "base/owned_folder.h"

namespace effnet {

// Of a program against the incumbent: the least of several alternating runs of both.
struct Comparison {
  double candidate = 0, incumbent = 0;  // nanoseconds
  double ratio() const { return candidate / incumbent; }
};

class Workbench {
 public:
  static Result<Workbench> create(const TuneRequest& request);

  // The program of every schedule, or why there is none, in their order.
  struct Built {
    std::string program;
    Outcome outcome = Outcome::measured;
    std::string reason;
  };
  std::vector<Built> build(const std::vector<Candidate>& candidates, const std::vector<Network>& networks);
  Measurement run(const std::string& program) const { return runner_.run(program); }
  static void remove(const std::string& program);

 private:
  Workbench(OwnedFolder folder, CandidateBuilder builder, Runner runner)
      : folder_(std::move(folder)), builder_(std::move(builder)), runner_(std::move(runner)) {}
  Built build_one(const Candidate& candidate, const std::vector<Network>& networks, int number) const;

  OwnedFolder folder_;
  CandidateBuilder builder_;
  Runner runner_;
  int built_ = 0;
};

// Runs both `rounds` times, in turns, and lowers the comparison's minima. What went wrong with the candidate,
// if anything; `hash`: what its outputs must have.
std::optional<Measurement> compare_more(const Workbench& bench, const std::string& candidate,
                                        const std::string& incumbent, const std::string& hash, int rounds,
                                        Comparison& comparison);

}  // namespace effnet
