// What is tuned: the different steps of one or several networks, and how a step looks with a given schedule.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "pipeline/plan.h"

namespace effnet {

struct TuningStep {
  std::string operation;
  Numbers problem;
  std::string name;              // "blocks.3.project", where it occurs first
  std::string description;       // "project 28x28x240 -> 28x28x40 gated"
  int network = 0;               // where it occurs first
  std::vector<int> occurrences;  // in every network
  double multiply_adds = 0, bytes = 0;
  Precision precision = Precision::fp32;

  const Operator& op() const { return find_operator(operation); }
};

std::vector<TuningStep> unique_steps_of(const std::vector<Network>& networks, const CpuTarget& target,
                                        Precision precision = Precision::fp32);

// One argument of a step's kernel, with what a candidate needs to fill and to judge it.
struct ArgumentMemory {
  Argument argument;
  enum class Kind { map, weight, affine, output, scratch, scalar } kind = Kind::scalar;
  std::int64_t elements = 0, used = 0, row = 0, panel = 0;  // as in autotune/candidate/candidate.h
  Element element = Element::f32;
  int channels = 0, samples = 0, together = 1;
  float scale = 1;
};

struct StepLayout {
  Kernel kernel;
  Step step;
  std::vector<ArgumentMemory> arguments;  // in the order of the kernel's function
};

Result<StepLayout> layout_of(const TuningStep& step, const Numbers& schedule, const Network& network,
                             const CpuTarget& target);

}  // namespace effnet
