// The C of a library: a header for applications, and a source that runs the network step by step.
#pragma once

#include <string>
#include <vector>

#include "pipeline/embed.h"
#include "pipeline/plan.h"

namespace effnet {

// A network compiled for one or several targets, best first. Their networks are the same.
struct LibraryPlan {
  std::string name;  // a C identifier: what every symbol begins with
  std::vector<Plan> variants;
  EmbeddedWeights weights = {};  // those that lie in the library, if any
};

// The comment at the beginning of both files.
std::string head_comment(const LibraryPlan& library);

// <name>.h. `stack_bytes`: what a thread needs for a run.
std::string emit_header(const LibraryPlan& library, std::int64_t stack_bytes);
std::string emit_source(const LibraryPlan& library);  // <name>.c

// The tensors of a weights file; a header of a few hundred KB at most, with the labels, comes on top.
std::int64_t weights_bytes(const Plan& plan);

// The C function of one kernel: <name>_<target>_k<number>.
std::string kernel_symbol(const LibraryPlan& library, const Plan& variant, int kernel);

// "x86-64-v4" -> "x86_64_v4".
std::string identifier(const std::string& text);

}  // namespace effnet
