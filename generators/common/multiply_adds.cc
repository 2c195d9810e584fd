#include "generators/common/multiply_adds.h"

#include "generators/common/activation.h"

namespace effnet {

using namespace Halide::Internal;

namespace {

class AllowMultiplyAdds : public IRMutator {
  using IRMutator::visit;
  Halide::Expr visit(const Call* op) override {
    Halide::Expr mutated = IRMutator::visit(op);
    op = mutated.as<Call>();
    if (!op || !op->is_strict_float_intrinsic()) return mutated;
    if (op->is_intrinsic(Call::strict_sub) && as_const_float(op->args[1]) == double{rounding_shift})
      return mutated;
    return unstrictify_float(op);
  }
};

}  // namespace

std::unique_ptr<IRMutator> allow_multiply_adds() { return std::make_unique<AllowMultiplyAdds>(); }

}  // namespace effnet
