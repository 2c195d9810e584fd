#include "autotune/estimator.h"

#include <algorithm>

#include "autotune/loop_code.h"
#include "autotune/mca.h"

namespace effnet {

namespace {

// A kernel as the body of the loops over tasks around it: blocks of channels inside, strips outside.
LoopNest with_tasks(const LoopNest& kernel, const StepLayout& layout) {
  const double blocks = layout.step.blocks, strips = layout.step.strips;
  LoopNest nest;
  LoopNest::Loop over_strips{-1, 1, strips, {}, {}}, over_blocks{0, strips, strips * blocks, {}, {}};
  for (const auto& [buffer, bytes] : kernel.loops[0].bytes) {
    double block_parts = 1, strip_parts = 1;
    for (const ArgumentMemory& a : layout.arguments) {
      if (a.argument.name != buffer.substr(0, buffer.find('$'))) continue;  // Halide makes names unique
      if (a.argument.block_bytes != 0) block_parts = blocks;
      if (a.argument.strip_bytes != 0 || layout.step.strip_rows > 0) strip_parts = strips;
    }
    over_blocks.body_bytes[buffer] = bytes;
    over_blocks.bytes[buffer] = over_strips.body_bytes[buffer] = bytes * block_parts;
    over_strips.bytes[buffer] = bytes * block_parts * strip_parts;
  }
  nest.loops = {over_strips, over_blocks};
  for (std::size_t i = 1; i < kernel.loops.size(); ++i) {
    LoopNest::Loop loop = kernel.loops[i];
    loop.parent += 1;  // [0] is the body of over_blocks
    loop.entered *= strips * blocks;
    loop.iterations *= strips * blocks;
    nest.loops.push_back(std::move(loop));
  }
  return nest;
}

double sum(const std::map<std::string, double>& bytes) {
  double result = 0;
  for (const auto& [_, value] : bytes) result += value;
  return result;
}

// Values that a task in the middle of the map has.
Numbers scalars_of(const Step& step) {
  Numbers scalars;
  for (const Argument& a : step.arguments) {
    if (a.place == Place::constant) scalars[a.name] = a.index;
    if (a.place == Place::first_row) scalars[a.name] = step.strips / 2 * step.strip_rows;
    if (a.place == Place::rows) scalars[a.name] = step.strip_rows;
  }
  return scalars;
}

// Of versions of one loop only one is run at a time: the slowest counts.
double compute_cycles(const LoopNest& nest, const std::vector<LoopCode>& code,
                      const std::vector<double>& cycles) {
  std::vector<double> slowest(nest.loops.size(), 0);
  for (std::size_t i = 0; i < code.size(); ++i)
    slowest[code[i].loop] = std::max(slowest[code[i].loop], cycles[i]);
  double total = 0;
  for (std::size_t i = 0; i < slowest.size(); ++i) total += slowest[i] * nest.loops[i].iterations;
  return total;
}

// How often a loop without others inside ends that is too long for the branch predictor to foresee it.
double unforeseen_ends(const LoopNest& nest) {
  constexpr double foreseen_iterations = 24;
  std::vector<bool> is_outer(nest.loops.size(), false);
  for (const LoopNest::Loop& loop : nest.loops)
    if (loop.parent >= 0) is_outer[loop.parent] = true;
  double ends = 0;
  for (std::size_t i = 0; i < nest.loops.size(); ++i)
    if (!is_outer[i] && nest.loops[i].iterations > foreseen_iterations * nest.loops[i].entered)
      ends += nest.loops[i].entered;
  return ends;
}

}  // namespace

double fetched_bytes(const LoopNest& nest, double cache_bytes) {
  std::vector<bool> is_counted(nest.loops.size(), false);
  double fetched = 0;
  for (std::size_t i = 0; i < nest.loops.size(); ++i) {
    const LoopNest::Loop& loop = nest.loops[i];
    is_counted[i] = loop.parent >= 0 && is_counted[loop.parent];
    if (is_counted[i] || sum(loop.body_bytes) > cache_bytes) continue;
    is_counted[i] = true;
    fetched += loop.entered * sum(loop.bytes);
  }
  return fetched;
}

Result<Estimator> Estimator::create(const CpuTarget& target, const CpuModel& cpu, const JobOptions& jobs) {
  Result<std::string> mca = find_mca();
  if (!mca) return mca.status();
  return Estimator(target, cpu, jobs, *mca);
}

Result<Estimate> Estimator::estimate(const StepLayout& layout) const {
  const Result<std::string> text =
      compile_marked_assembly(layout.kernel, scalars_of(layout.step), target_, jobs_);
  if (!text) return text.status();
  const Result<MarkedAssembly> assembly = parse_marked_assembly(*text);
  if (!assembly) return assembly.status();
  const std::vector<LoopCode> code = loop_code(*assembly);
  std::vector<std::vector<std::string>> pieces;
  pieces.reserve(code.size());
  for (const LoopCode& c : code) pieces.push_back(c.instructions);
  const Result<std::vector<double>> cycles = simulated_cycles(mca_, cpu_, pieces);
  if (!cycles) return cycles.status();
  constexpr double line_bytes = 64;
  const double tasks = static_cast<double>(layout.step.blocks) * layout.step.strips;
  const LoopNest whole = with_tasks(assembly->nest, layout);
  const double beyond_first = fetched_bytes(whole, cpu_.first_cache) / line_bytes;
  const double beyond_second = fetched_bytes(whole, cpu_.second_cache) / line_bytes;
  return Estimate{tasks * compute_cycles(assembly->nest, code, *cycles),
                  tasks * unforeseen_ends(assembly->nest) * cpu_.loop_end,
                  beyond_first * cpu_.second_cache_line, beyond_second * cpu_.memory_line};
}

}  // namespace effnet
