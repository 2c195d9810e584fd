// A candidate: one step with one schedule as a static program that measures itself and prints what came out
// (candidate/main.c says how).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "autotune/step.h"
#include "pipeline/cc.h"
#include "pipeline/jobs.h"

namespace effnet {

// The generated C between a kernel and candidate/main.c.
std::string emit_candidate(const StepLayout& layout, int threads, int seconds);

struct CandidateBuilder {
  CpuTarget target;
  CCompiler cc;        // links static programs for the target
  std::string folder;  // where everything is made
  std::string source;  // the folder of candidate/main.c
  int threads = 1;
  int seconds = 20;     // a run may take
  JobOptions jobs;      // of defaults, through the usual cache
  std::string kernels;  // a cache of its own for all other candidates, which are not worth keeping

  // Compiles what all candidates share. Once, before build().
  Status prepare() const;
  // The path of the program. May be called from several threads.
  Result<std::string> build(const StepLayout& layout, const std::string& name, bool is_default) const;
};

// What a candidate printed.
struct CandidateResult {
  std::string cpu, hash;
  int cores = 0;
  double nanoseconds = 0, median = 0;
  std::map<int, std::vector<float>> samples;  // by argument
};

Result<CandidateResult> parse_candidate_output(const std::string& text);

// Compares the samples with the double precision reference; says what differs.
Status check_samples(const StepLayout& layout, const CandidateResult& result);

}  // namespace effnet
