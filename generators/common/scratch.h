// Keeps generated kernels free of malloc and of large stack frames: every
// allocation that a schedule stores in MemoryType::Heap becomes a part of one
// buffer argument, `scratch`, that the caller passes in (it lies in the arena).
#pragma once

#include <Halide.h>

#include <cstdint>

namespace effnet {

inline constexpr const char* scratch_name = "scratch";

// The last pass of lowering. Heap allocations must be of constant size; they lie behind each other on 64 byte
// boundaries. `bytes` is their sum when lowering is done.
class ScratchFromCaller : public Halide::Internal::IRMutator {
 public:
  explicit ScratchFromCaller(std::int64_t* bytes) : bytes_(bytes) { *bytes_ = 0; }
  using IRMutator::mutate;
  Halide::Internal::Stmt mutate(const Halide::Internal::Stmt& s) override;

 protected:
  using IRMutator::visit;
  Halide::Internal::Stmt visit(const Halide::Internal::Allocate* op) override;
  Halide::Internal::Stmt visit(const Halide::Internal::Free* op) override;
  Halide::Internal::Stmt visit(const Halide::Internal::Store* op) override;
  Halide::Expr visit(const Halide::Internal::Load* op) override;

 private:
  std::int64_t* bytes_;
  bool inside_ = false;
  std::map<std::string, int> offsets_;  // name of an allocation -> first element, of its type, in scratch
};

}  // namespace effnet
