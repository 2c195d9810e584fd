#include "generators/common/prefetch.h"

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

namespace effnet {

using namespace Halide;
using namespace Halide::Internal;

namespace {

constexpr int line_bytes = 64;
// Of a tile: beyond that its weights are few and its work is long. On Zen 2 7x7 expansions and the head, with 9 iterations a
// line, gain 3 to 5 %; 14x14 ones lose as much with 33, and gain 2 % with 8, unrolled by four.
constexpr std::int64_t most_iterations_a_line = 16;

constexpr int stream_ahead_bytes = 2048;
// 12 to 48 take the same time on Zen 2, into the first-level cache too.
constexpr int stores_ahead_pixels = 24;

int lines_of(int bytes) { return (bytes + line_bytes - 1) / line_bytes; }

class LoopFinder : public IRVisitor {
 public:
  bool found = false;

 protected:
  using IRVisitor::visit;
  void visit(const For* /*op*/) override { found = true; }
};

bool is_innermost_of(const std::string& func, const For* op) {
  LoopFinder finder;
  op->body.accept(&finder);
  return op->name.starts_with(func + ".") && !finder.found;
}

// Into the second-level cache: the first is too small for a tile. Halide's own prefetches go past the second.
Stmt prefetch_at(const std::string& buffer, const Expr& byte) {
  const Expr host = reinterpret(UInt(64), Variable::make(Handle(), buffer));
  const Expr address = reinterpret(Handle(), host + cast(UInt(64), cast(Int(64), byte)));
  const Expr read = 0, second_level = 2, data = 1;
  return Evaluate::make(
      Call::make(Int(32), "llvm.prefetch.p0", {address, read, second_level, data}, Call::Extern));
}

// Those of one of `iterations` that together prefetch so many lines from `first_byte` on.
Stmt share_of(const std::string& buffer, const Expr& first_byte, int lines, const Expr& iteration,
              std::int64_t iterations) {
  const std::int64_t iterations_a_line = std::max<std::int64_t>(1, iterations / lines);
  const int lines_an_iteration = static_cast<int>((lines + iterations - 1) / iterations);
  const Expr first = iteration / static_cast<int>(iterations_a_line) * lines_an_iteration;
  std::vector<Stmt> all;
  all.reserve(lines_an_iteration);
  for (int i = 0; i < lines_an_iteration; ++i)
    all.push_back(prefetch_at(buffer, simplify(first_byte + (first + i) * line_bytes)));
  return Block::make(all);
}

Stmt with_prefetches(const For* op, const Stmt& prefetches) {
  return For::make(op->name, op->min, op->extent, op->for_type, op->partition_policy, op->device_api,
                   Block::make(prefetches, op->body));
}

// Every innermost loop of the sum gets as many prefetches an iteration as bring the next tile until this one is done.
class PrefetchNextTile : public IRMutator {
 public:
  explicit PrefetchNextTile(PrefetchedTile what) : what_(std::move(what)) {}
  using IRMutator::mutate;

 protected:
  using IRMutator::visit;
  Stmt visit(const For* op) override {
    const Position outside = position_;
    position_ = inside(op);
    const bool few_weights = position_.iterations / lines_of(what_.tile_bytes) > most_iterations_a_line;
    Stmt result = is_innermost_of(what_.func, op) && !few_weights ? with_prefetches(op, prefetches())
                                                                  : IRMutator::visit(op);
    position_ = outside;
    return result;
  }

 private:
  // Where an iteration stands in its tile.
  struct Position {
    Expr tile = 0, iteration = 0;
    std::int64_t iterations = 1;  // of the whole tile
    bool in_strip = false;
  };

  Position inside(const For* op) const {
    const Expr i = Variable::make(Int(32), op->name) - op->min;
    Position p = position_;
    if (!what_.tile_loop.empty() && op->name.ends_with(what_.tile_loop)) return {i, 0, 1, p.in_strip};
    const auto length = as_const_int(op->extent);
    if (!length && p.in_strip) return p;  // new rows of a ring: the first ones repeat what they prefetch
    const int count = length ? static_cast<int>(*length) : what_.rows;
    return {p.tile, p.iteration * count + i, p.iterations * count, p.in_strip || !length};
  }

  Stmt prefetches() const {
    const int lines = lines_of(what_.tile_bytes);
    return share_of(what_.buffer, (position_.tile + 1) * (lines * line_bytes), lines, position_.iteration,
                    position_.iterations);
  }

  PrefetchedTile what_;
  Position position_;
};

// Where a loop's body reads or writes a buffer first, in bytes from its beginning.
class FirstAccess : public IRVisitor {
 public:
  FirstAccess(std::string buffer, const Stmt& body) : buffer_(std::move(buffer)) { body.accept(this); }
  Expr byte;  // undefined: it does not

 protected:
  using IRVisitor::visit;
  void visit(const LetStmt* op) override { visit_let(op); }
  void visit(const Let* op) override { visit_let(op); }
  void visit(const Load* op) override {
    IRVisitor::visit(op);
    accessed(op->name, op->index, op->type.bytes());
  }
  void visit(const Store* op) override {
    IRVisitor::visit(op);
    accessed(op->name, op->index, op->value.type().bytes());
  }

 private:
  template <typename LetOrLetStmt>
  void visit_let(const LetOrLetStmt* op) {
    op->value.accept(this);
    lets_.emplace_back(op->name, op->value);
    op->body.accept(this);
    lets_.pop_back();
  }

  void accessed(const std::string& name, Expr index, int bytes) {
    if (byte.defined() || name != buffer_) return;
    if (const auto* vector = index.as<Ramp>()) index = vector->base;
    if (!index.type().is_scalar()) return;
    for (auto let = lets_.rbegin(); let != lets_.rend(); ++let)
      index = substitute(let->first, let->second, index);
    byte = simplify(cast(Int(64), index) * bytes);
  }

  std::string buffer_;
  std::vector<std::pair<std::string, Expr>> lets_;
};

class PrefetchStream : public IRMutator {
 public:
  explicit PrefetchStream(PrefetchedStream what) : what_(std::move(what)) {}
  using IRMutator::mutate;

 protected:
  using IRMutator::visit;
  Stmt visit(const For* op) override {
    if (!is_innermost_of(what_.func, op)) return IRMutator::visit(op);
    const Expr first = FirstAccess(what_.buffer, op->body).byte;
    const auto iterations = as_const_int(op->extent);
    if (!first.defined() || !iterations) return op;
    const Expr byte = simplify(substitute(op->name, op->min, first));
    // What the loop reads is behind it in memory, and so is what the loops after it read.
    const int ahead = std::max(what_.loop_bytes, stream_ahead_bytes);
    return with_prefetches(op, share_of(what_.buffer, byte + ahead, lines_of(what_.loop_bytes),
                                        Variable::make(Int(32), op->name) - op->min, *iterations));
  }

 private:
  PrefetchedStream what_;
};

// In the innermost loop that stores, as much as it stores: some pixels ahead, behind a row's end in the next row.
class PrefetchStores : public IRMutator {
 public:
  explicit PrefetchStores(PrefetchedStores what) : what_(std::move(what)) {}
  using IRMutator::mutate;

 protected:
  using IRMutator::visit;
  Stmt visit(const Store* op) override {
    stores_ = stores_ || op->name == what_.buffer;
    return op;
  }
  Stmt visit(const For* op) override {
    const Stmt loop = IRMutator::visit(op);
    return std::exchange(stores_, false) ? with_prefetches(loop.as<For>(), prefetches(op->body)) : loop;
  }

 private:
  Stmt prefetches(const Stmt& body) const {
    const Expr byte = FirstAccess(what_.buffer, body).byte;
    if (!byte.defined()) throw CompileError(what_.buffer + ": nothing tells where it is written");
    const int pixel_bytes = what_.map_panels * what_.panel_bytes;
    std::vector<Stmt> all;
    for (int pixel = stores_ahead_pixels; pixel < stores_ahead_pixels + what_.pixels; ++pixel)
      for (int line = 0; line < lines_of(what_.tile_panels * what_.panel_bytes); ++line)
        all.push_back(prefetch_at(what_.buffer, byte + pixel * pixel_bytes + line * line_bytes));
    return Block::make(all);
  }

  PrefetchedStores what_;
  bool stores_ = false;  // since the last loop that was given prefetches
};

}  // namespace

std::unique_ptr<IRMutator> make_prefetch(const PrefetchedTile& what) {
  return std::make_unique<PrefetchNextTile>(what);
}

std::unique_ptr<IRMutator> make_prefetch(const PrefetchedStream& what) {
  return std::make_unique<PrefetchStream>(what);
}

std::unique_ptr<IRMutator> make_prefetch(const PrefetchedStores& what) {
  return std::make_unique<PrefetchStores>(what);
}

}  // namespace effnet
