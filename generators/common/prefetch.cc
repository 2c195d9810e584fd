#include "generators/common/prefetch.h"

#include <algorithm>
#include <vector>

namespace effnet {

using namespace Halide;
using namespace Halide::Internal;

namespace {

constexpr int line_bytes = 64;
constexpr std::int64_t most_iterations_a_line =
    8;  // beyond that a tile's weights are few and its work is long

class LoopFinder : public IRVisitor {
 public:
  bool found = false;

 protected:
  using IRVisitor::visit;
  void visit(const For* /*op*/) override { found = true; }
};

bool has_loops(const Stmt& s) {
  LoopFinder finder;
  s.accept(&finder);
  return finder.found;
}

// Into the second-level cache: the first is too small for a tile. Halide's own prefetches go past the second.
Stmt prefetch_line(const std::string& buffer, const Expr& line) {
  const Expr host = reinterpret(UInt(64), Variable::make(Handle(), buffer));
  const Expr address = reinterpret(Handle(), host + cast(UInt(64), cast(Int(64), line) * line_bytes));
  const Expr read = 0, second_level = 2, data = 1;
  return Evaluate::make(
      Call::make(Int(32), "llvm.prefetch.p0", {address, read, second_level, data}, Call::Extern));
}

}  // namespace

Stmt PrefetchNextTile::prefetches() const {
  const int lines = (what_.tile_bytes + line_bytes - 1) / line_bytes;
  const std::int64_t iterations_a_line = std::max<std::int64_t>(1, position_.iterations / lines);
  if (iterations_a_line > most_iterations_a_line) return Stmt();
  const int lines_an_iteration = static_cast<int>((lines + position_.iterations - 1) / position_.iterations);
  const Expr first = (position_.tile + 1) * lines +
                     position_.iteration / static_cast<int>(iterations_a_line) * lines_an_iteration;
  std::vector<Stmt> all;
  all.reserve(lines_an_iteration);
  for (int i = 0; i < lines_an_iteration; ++i)
    all.push_back(prefetch_line(what_.buffer, simplify(first + i)));
  return Block::make(all);
}

PrefetchNextTile::Position PrefetchNextTile::inside(const For* op) const {
  const Expr i = Variable::make(Int(32), op->name) - op->min;
  Position p = position_;
  if (!what_.tile_loop.empty() && op->name.ends_with(what_.tile_loop)) return {i, 0, 1, p.in_strip};
  const auto length = as_const_int(op->extent);
  if (!length && p.in_strip) return p;  // new rows of a ring: the first ones repeat what they prefetch
  const int count = length ? static_cast<int>(*length) : what_.rows;
  return {p.tile, p.iteration * count + i, p.iterations * count, p.in_strip || !length};
}

bool PrefetchNextTile::is_innermost_of_sum(const For* op) const {
  return op->name.starts_with(what_.sum) && !has_loops(op->body);
}

Stmt PrefetchNextTile::visit(const For* op) {
  const Position outside = position_;
  position_ = inside(op);
  Stmt result;
  if (is_innermost_of_sum(op)) {
    const Stmt extra = prefetches();
    result = extra.defined() ? For::make(op->name, op->min, op->extent, op->for_type, op->partition_policy,
                                         op->device_api, Block::make(extra, op->body))
                             : Stmt(op);
  } else {
    result = IRMutator::visit(op);
  }
  position_ = outside;
  return result;
}

}  // namespace effnet
