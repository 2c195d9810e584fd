#include "autotune/generation.h"

#include <algorithm>
#include <filesystem>

#include "base/parallel.h"
#include "pipeline/library.h"

namespace effnet {

namespace fs = std::filesystem;

Result<Workbench> Workbench::create(const TuneRequest& request) {
  Result<OwnedFolder> folder = OwnedFolder::create("effnet-tune-");
  if (!folder) return folder.status();
  CandidateBuilder builder{request.target,  request.cc,
                           folder->path(),  installed("share/effnet/candidate"),
                           request.threads, request.candidate_seconds,
                           request.jobs,    ""};
  builder.kernels = folder->path() + "/kernels";
  builder.jobs.seconds = std::max(60, 3 * request.candidate_seconds);
  builder.jobs.memory_bytes = request.memory_bytes;
  // A little later than the candidate's own alarm, so that a run on another machine ends there too.
  Workbench bench(
      *std::move(folder), std::move(builder),
      {request.runner, request.candidate_seconds + 2.0, request.runner.empty() ? request.memory_bytes : 0});
  if (Status status = bench.builder_.prepare(); !status) return status;
  return bench;
}

void Workbench::remove(const std::string& program) {
  std::error_code ignored;
  if (!program.empty()) fs::remove(program, ignored);
}

Workbench::Built Workbench::build_one(const Candidate& candidate, const std::vector<Network>& networks,
                                      int number) const {
  const TuningStep& step = candidate.step->step;
  const Result<StepLayout> layout =
      layout_of(step, candidate.schedule, networks[step.network], builder_.target);
  if (!layout) return {"", Outcome::not_compiled, layout.message()};
  const Result<std::string> program = builder_.build(*layout, "c" + std::to_string(number),
                                                     candidate.schedule == candidate.step->default_schedule);
  if (!program) return {"", Outcome::not_compiled, program.message()};
  return {*program, Outcome::measured, ""};
}

std::vector<Workbench::Built> Workbench::build(const std::vector<Candidate>& candidates,
                                               const std::vector<Network>& networks) {
  std::vector<Built> built(candidates.size());
  const int first = built_;
  built_ += static_cast<int>(candidates.size());
  parallel_for(builder_.jobs.jobs, static_cast<int>(candidates.size()),
               [&](int i) { built[i] = build_one(candidates[i], networks, first + i); });
  return built;
}

std::optional<Measurement> compare_more(const Workbench& bench, const std::string& candidate,
                                        const std::string& incumbent, const std::string& hash, int rounds,
                                        Comparison& comparison) {
  const auto lower = [](double& least, double value) { least = least > 0 ? std::min(least, value) : value; };
  for (int i = 0; i < rounds; ++i) {
    const Measurement other = bench.run(incumbent);
    const Measurement mine = bench.run(candidate);
    if (mine.outcome != Outcome::measured) return mine;
    if (mine.result.hash != hash)
      return Measurement{Outcome::wrong, {}, "its outputs differ from those of the default schedule"};
    if (other.outcome == Outcome::measured) lower(comparison.incumbent, other.result.nanoseconds);
    lower(comparison.candidate, mine.result.nanoseconds);
  }
  if (comparison.incumbent <= 0) return Measurement{Outcome::crashed, {}, "the best one so far ran no more"};
  return std::nullopt;
}

}  // namespace effnet
