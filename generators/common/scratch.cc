#include "generators/common/scratch.h"

#include "generators/operator.h"

namespace effnet {

using namespace Halide;
using namespace Halide::Internal;

namespace {

Expr shifted(const Expr& index, int offset) {
  if (const Ramp* ramp = index.as<Ramp>())
    return Ramp::make(shifted(ramp->base, offset), ramp->stride, ramp->lanes);
  if (index.type().is_vector()) return index + Broadcast::make(offset, index.type().lanes());
  return simplify(index + offset);
}

}  // namespace

Stmt ScratchFromCaller::mutate(const Stmt& s) {
  if (inside_) return IRMutator::mutate(s);
  inside_ = true;
  Stmt body = IRMutator::mutate(s);
  inside_ = false;
  if (offsets_.empty()) return body;
  const Expr buffer =
      Variable::make(type_of<struct halide_buffer_t*>(), std::string(scratch_name) + ".buffer");
  const Expr host = Call::make(Handle(), Call::buffer_get_host, {buffer}, Call::Extern);
  return LetStmt::make(scratch_name, host, body);
}

Stmt ScratchFromCaller::visit(const Allocate* op) {
  if (op->memory_type != MemoryType::Heap) return IRMutator::visit(op);
  const std::int64_t size = op->constant_allocation_size() * op->type.lanes();
  if (size <= 0) throw CompileError(op->name + ": the size of scratch must be a constant");
  const std::int64_t element_bytes = op->type.bytes();
  offsets_[op->name] = static_cast<int>(*bytes_ / element_bytes);
  *bytes_ += whole_lines((size + op->padding) * element_bytes);
  return IRMutator::mutate(op->body);
}

Stmt ScratchFromCaller::visit(const Free* op) {
  return offsets_.count(op->name) ? Evaluate::make(0) : IRMutator::visit(op);
}

Stmt ScratchFromCaller::visit(const Store* op) {
  const auto found = offsets_.find(op->name);
  if (found == offsets_.end()) return IRMutator::visit(op);
  return Store::make(scratch_name, mutate(op->value), shifted(mutate(op->index), found->second), Parameter(),
                     mutate(op->predicate), op->alignment + found->second);
}

Expr ScratchFromCaller::visit(const Load* op) {
  const auto found = offsets_.find(op->name);
  if (found == offsets_.end()) return IRMutator::visit(op);
  return Load::make(op->type, scratch_name, shifted(mutate(op->index), found->second), Buffer<>(),
                    Parameter(), mutate(op->predicate), op->alignment + found->second);
}

}  // namespace effnet
