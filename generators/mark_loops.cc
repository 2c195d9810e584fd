#include "generators/mark_loops.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <set>

namespace effnet {

using namespace Halide;
using namespace Halide::Internal;

namespace {

constexpr std::int64_t line_bytes = 64;

using Environment = std::map<std::string, std::int64_t>;
using Value = std::optional<std::int64_t>;

Value value_of(const Expr& e, const Environment& env);

// a operation b, for every kind of expression that has these two parts.
template <typename Operation, typename F>
bool binary(const Expr& e, const Environment& env, F compute, Value& result) {
  const Operation* op = e.as<Operation>();
  if (!op) return false;
  const Value a = value_of(op->a, env), b = value_of(op->b, env);
  if (a && b) result = compute(*a, *b);
  return true;
}

Value value_of_call(const Call* op, const Environment& env) {
  const bool is_hint = op->is_intrinsic(Call::likely) || op->is_intrinsic(Call::likely_if_innermost);
  return is_hint ? value_of(op->args[0], env) : Value();
}

Value value_of_choice(const Select* op, const Environment& env) {
  const Value condition = value_of(op->condition, env);
  return condition ? value_of(*condition ? op->true_value : op->false_value, env) : Value();
}

Value value_of_let(const Let* op, const Environment& env) {
  Environment inner = env;
  if (const Value value = value_of(op->value, env)) inner[op->name] = *value;
  return value_of(op->body, inner);
}

Value value_of_not(const Not* op, const Environment& env) {
  const Value a = value_of(op->a, env);
  return a ? Value(!*a) : Value();
}

Value value_of_arithmetic(const Expr& e, const Environment& env) {
  Value result;
  const auto divide = [](auto a, auto b) { return b == 0 ? 0 : div_imp(a, b); };
  const auto modulo = [](auto a, auto b) { return b == 0 ? 0 : mod_imp(a, b); };
  const auto lesser = [](auto a, auto b) { return std::min(a, b); };
  const auto greater = [](auto a, auto b) { return std::max(a, b); };
  (void)(binary<Add>(e, env, std::plus<>(), result) || binary<Sub>(e, env, std::minus<>(), result) ||
         binary<Mul>(e, env, std::multiplies<>(), result) || binary<Div>(e, env, divide, result) ||
         binary<Mod>(e, env, modulo, result) || binary<Min>(e, env, lesser, result) ||
         binary<Max>(e, env, greater, result));
  return result;
}

Value value_of_comparison(const Expr& e, const Environment& env) {
  Value result;
  (void)(binary<LT>(e, env, std::less<>(), result) || binary<LE>(e, env, std::less_equal<>(), result) ||
         binary<GT>(e, env, std::greater<>(), result) || binary<GE>(e, env, std::greater_equal<>(), result) ||
         binary<EQ>(e, env, std::equal_to<>(), result) || binary<NE>(e, env, std::not_equal_to<>(), result) ||
         binary<And>(e, env, std::logical_and<>(), result) ||
         binary<Or>(e, env, std::logical_or<>(), result));
  return result;
}

// What an integer expression is (of a vector: its first lane); nothing where that depends on memory.
Value value_of(const Expr& e, const Environment& env) {
  if (const auto* op = e.as<IntImm>()) return op->value;
  if (const auto* op = e.as<UIntImm>()) return static_cast<std::int64_t>(op->value);
  if (const auto* op = e.as<Variable>()) {
    const auto found = env.find(op->name);
    return found == env.end() ? Value() : Value(found->second);
  }
  if (const auto* op = e.as<Cast>()) return value_of(op->value, env);
  if (const auto* op = e.as<Broadcast>()) return value_of(op->value, env);
  if (const auto* op = e.as<Ramp>()) return value_of(op->base, env);
  if (const auto* op = e.as<Select>()) return value_of_choice(op, env);
  if (const auto* op = e.as<Let>()) return value_of_let(op, env);
  if (const auto* op = e.as<Call>()) return value_of_call(op, env);
  if (const auto* op = e.as<Not>()) return value_of_not(op, env);
  const Value number = value_of_arithmetic(e, env);
  return number ? number : value_of_comparison(e, env);
}

// Whether how often inner loops run depends on a loop's variable.
class CountDependsOn : public IRVisitor {
 public:
  explicit CountDependsOn(const std::string& variable) : known_{variable} {}
  bool result = false;

 protected:
  using IRVisitor::visit;
  void visit(const LetStmt* op) override {
    if (depends(op->value)) known_.insert(op->name);
    IRVisitor::visit(op);
  }
  void visit(const For* op) override {
    if (depends(op->min)) known_.insert(op->name);
    result = result || depends(op->extent);
    IRVisitor::visit(op);
  }
  void visit(const IfThenElse* op) override {
    result = result || depends(op->condition);
    IRVisitor::visit(op);
  }

 private:
  bool depends(const Expr& e) const {
    return std::any_of(known_.begin(), known_.end(),
                       [&](const std::string& name) { return expr_uses_var(e, name); });
  }
  std::set<std::string> known_;
};

// One load or store, over the loops around it.
struct Access {
  std::string buffer;
  std::vector<int> path;                       // loops, the outermost first
  std::vector<std::int64_t> strides, extents;  // bytes an iteration, iterations: of each
  std::int64_t offset = 0, width = 0;          // bytes
};

// Goes through the loops as the kernel would, with loops whose count does not matter to inner ones only once.
class LoopWalk : public IRVisitor {
 public:
  LoopWalk(const Numbers& scalars, LoopNest& nest, std::map<const For*, int>& loops)
      : nest_(nest), loops_(loops), env_(scalars.begin(), scalars.end()) {}
  std::map<const IRNode*, Access> accesses;

 protected:
  using IRVisitor::visit;
  void visit(const LetStmt* op) override { visit_let(op); }
  void visit(const Let* op) override { visit_let(op); }
  void visit(const Allocate* op) override {
    in_registers_.insert(op->name);
    IRVisitor::visit(op);
  }
  void visit(const IfThenElse* op) override {
    const Value condition = value_of(op->condition, env_);
    if (!condition || *condition) op->then_case.accept(this);
    if (op->else_case.defined() && (!condition || !*condition)) op->else_case.accept(this);
  }
  void visit(const For* op) override {
    const std::int64_t min = value_of(op->min, env_).value_or(0);
    const std::int64_t extent = value_of(op->extent, env_).value_or(1);
    const int loop = number_of(op);
    if (extent <= 0) return;
    nest_.loops[loop].entered += weight_;
    nest_.loops[loop].iterations += weight_ * static_cast<double>(extent);
    CountDependsOn dependence(op->name);
    op->body.accept(&dependence);
    around_.push_back({loop, op->name, extent});
    const std::int64_t middle = min + extent / 2;
    if (dependence.result) {
      const bool all_in_the_middle = in_the_middle_;
      for (std::int64_t i = min; i < min + extent; ++i) {
        in_the_middle_ = all_in_the_middle && i == middle;
        with(op->name, i, [&] { op->body.accept(this); });
      }
      in_the_middle_ = all_in_the_middle;
    } else {
      const double weight = weight_;
      weight_ *= static_cast<double>(extent);
      with(op->name, middle, [&] { op->body.accept(this); });
      weight_ = weight;
    }
    around_.pop_back();
  }
  void visit(const Load* op) override {
    IRVisitor::visit(op);
    add(op, op->name, op->index, op->type);
  }
  void visit(const Store* op) override {
    IRVisitor::visit(op);
    add(op, op->name, op->index, op->value.type());
  }

 private:
  struct Around {
    int loop;
    std::string variable;
    std::int64_t extent;
  };

  template <typename LetOrLetStmt>
  void visit_let(const LetOrLetStmt* op) {
    op->value.accept(this);
    lets_.emplace_back(op->name, op->value);
    with(op->name, value_of(op->value, env_), [&] { op->body.accept(this); });
    lets_.pop_back();
  }

  template <typename F>
  void with(const std::string& name, Value value, F visit_body) {
    const auto found = env_.find(name);
    const Value before = found == env_.end() ? Value() : Value(found->second);
    if (value)
      env_[name] = *value;
    else
      env_.erase(name);
    visit_body();
    if (before)
      env_[name] = *before;
    else
      env_.erase(name);
  }

  int number_of(const For* op) {
    const auto [found, is_new] = loops_.emplace(op, static_cast<int>(nest_.loops.size()));
    if (is_new) {
      nest_.loops.emplace_back();
      nest_.loops.back().parent = around_.empty() ? 0 : around_.back().loop;
    }
    return found->second;
  }

  void add(const IRNode* node, const std::string& buffer, const Expr& index, const Type& type) {
    if (in_registers_.count(buffer) || (accesses.count(node) && !in_the_middle_)) return;
    const Value at = value_of(index, env_);
    if (!at) return;
    Access a{buffer, {0}, {0}, {1}, *at * type.bytes(), type.bytes() * type.lanes()};
    for (const Around& around : around_) {
      const std::int64_t next = value_of(index, after_iteration(around)).value_or(*at);
      a.path.push_back(around.loop);
      a.strides.push_back(std::abs(next - *at) * type.bytes());
      a.extents.push_back(around.extent);
    }
    accesses[node] = std::move(a);
  }

  // The environment in a loop's next iteration: names that stand for expressions of its variable follow.
  Environment after_iteration(const Around& around) const {
    Environment env = env_;
    ++env[around.variable];
    for (const auto& [name, value] : lets_)
      if (const Value known = value_of(value, env)) env[name] = *known;
    return env;
  }

  LoopNest& nest_;
  std::map<const For*, int>& loops_;
  Environment env_;
  double weight_ = 1;
  bool in_the_middle_ = true;
  std::vector<Around> around_;
  std::vector<std::pair<std::string, Expr>> lets_;  // around, the outermost first
  std::set<std::string> in_registers_;
};

// Accesses of one buffer in one loop that move together: the taps and columns of a tile. Memory is cut into units:
// lines, or pairs of them.
struct Group {
  Access first;
  std::set<std::int64_t> units;  // of the first iteration of all loops
};

std::vector<Group> grouped(const std::map<const IRNode*, Access>& accesses, std::int64_t unit_bytes) {
  std::map<std::tuple<std::string, std::vector<int>, std::vector<std::int64_t>>, Group> groups;
  for (const auto& [node, a] : accesses) {
    Group& group = groups.try_emplace({a.buffer, a.path, a.strides}, Group{a, {}}).first->second;
    const std::int64_t first = div_imp(a.offset, unit_bytes),
                       last = div_imp(a.offset + a.width - 1, unit_bytes);
    for (std::int64_t u = first; u <= last; ++u) group.units.insert(u);
  }
  std::vector<Group> result;
  result.reserve(groups.size());
  for (auto& [_, group] : groups) result.push_back(std::move(group));
  return result;
}

// How a group's first iteration lies in memory: runs of neighbouring units, equally far apart.
struct Runs {
  double bytes, stride, count;  // of a run, from one to the next, how many
};

Runs runs_of(const std::set<std::int64_t>& units, std::int64_t unit_bytes) {
  double count = 1;
  for (auto at = std::next(units.begin()); at != units.end(); ++at) count += *at != *std::prev(at) + 1;
  const double all = static_cast<double>(units.size()), unit = static_cast<double>(unit_bytes),
               span = static_cast<double>(*units.rbegin() - *units.begin());
  const double run = all / count;
  return {unit * run, count > 1 ? unit * (span + 1 - run) / (count - 1) : 0, count};
}

// Of all iterations of path[first] and the loops inside: from the shortest stride to the longest, what touches or
// overlaps grows by the stride, what lies apart by whole copies.
double bytes_of(const Group& group, std::int64_t unit_bytes, std::size_t first) {
  const Runs runs = runs_of(group.units, unit_bytes);
  std::vector<std::pair<double, double>> loops = {{runs.stride, runs.count}};  // stride, extent
  for (std::size_t i = first; i < group.first.path.size(); ++i)
    loops.emplace_back(static_cast<double>(group.first.strides[i]),
                       static_cast<double>(group.first.extents[i]));
  std::sort(loops.begin(), loops.end());
  double bytes = runs.bytes, span = runs.bytes;
  for (const auto& [stride, extent] : loops) {
    bytes += (extent - 1) * (stride <= span ? stride * bytes / span : bytes);
    span += (extent - 1) * stride;
  }
  return bytes;
}

using TouchedOfLoop = std::map<std::string, LoopNest::Touched> LoopNest::Loop::*;

void add_touched(const std::map<const IRNode*, Access>& accesses, std::int64_t unit_bytes,
                 TouchedOfLoop touched, LoopNest& nest) {
  for (const Group& group : grouped(accesses, unit_bytes)) {
    for (std::size_t i = 0; i < group.first.path.size(); ++i) {
      LoopNest::Touched& bytes = (nest.loops[group.first.path[i]].*touched)[group.first.buffer];
      bytes.all = std::max(bytes.all, bytes_of(group, unit_bytes, i));
      bytes.body = std::max(bytes.body, bytes_of(group, unit_bytes, i + 1));
    }
  }
}

}  // namespace

Stmt MarkLoops::mutate(const Stmt& s) {
  if (inside_) return IRMutator::mutate(s);
  inside_ = true;
  nest_->loops.assign(1, {-1, 1, 1, {}, {}});
  LoopWalk walk(scalars_, *nest_, loops_);
  s.accept(&walk);
  add_touched(walk.accesses, line_bytes, &LoopNest::Loop::lines, *nest_);
  add_touched(walk.accesses, 2 * line_bytes, &LoopNest::Loop::pairs, *nest_);
  Stmt named = IRMutator::mutate(s);
  inside_ = false;
  return named;
}

Stmt MarkLoops::visit(const For* op) {
  const auto found = loops_.find(op);
  if (found == loops_.end()) return IRMutator::visit(op);  // it is never reached
  const std::string name = loop_name(found->second);
  const Stmt body = LetStmt::make(op->name, Variable::make(Int(32), name), mutate(op->body));
  return For::make(name, op->min, op->extent, op->for_type, op->partition_policy, op->device_api, body);
}

}  // namespace effnet
