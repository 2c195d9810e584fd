// Describes a kernel's loops and gives them names that its assembly shows (generators/loop_nest.h).
#pragma once

#include <Halide.h>

#include "generators/loop_nest.h"
#include "schedules/numbers.h"

namespace effnet {

// A pass behind all others. `scalars`: values of the kernel's scalar arguments, which loops may depend on.
class MarkLoops : public Halide::Internal::IRMutator {
 public:
  MarkLoops(Numbers scalars, LoopNest* nest) : scalars_(std::move(scalars)), nest_(nest) {}
  using IRMutator::mutate;
  Halide::Internal::Stmt mutate(const Halide::Internal::Stmt& s) override;

 protected:
  using IRMutator::visit;
  Halide::Internal::Stmt visit(const Halide::Internal::For* op) override;

 private:
  Numbers scalars_;
  LoopNest* nest_;
  bool inside_ = false;
  std::map<const Halide::Internal::For*, int> loops_;
};

}  // namespace effnet
