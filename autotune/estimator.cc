#include "autotune/estimator.h"

#include <algorithm>

#include "autotune/loop_code.h"
#include "autotune/mca.h"

namespace effnet {

namespace {

std::map<std::string, double> bytes_of_arguments(const StepLayout& layout) {
  std::map<std::string, double> bytes;
  for (const ArgumentMemory& a : layout.arguments)
    if (a.kind != ArgumentMemory::Kind::scalar)
      bytes[a.argument.name] = static_cast<double>(a.elements) * traits_of(a.element).bytes;
  return bytes;
}

// Halide makes names unique: "output$2".
std::string argument_of(const std::string& buffer) { return buffer.substr(0, buffer.find('$')); }

struct TaskCounts {
  double blocks, strips;
};

// In how many parts tasks cut a buffer.
TaskCounts parts_of(const std::string& buffer, const StepLayout& layout) {
  TaskCounts parts{1, 1};
  for (const ArgumentMemory& a : layout.arguments) {
    if (a.argument.name != argument_of(buffer)) continue;
    if (a.argument.block_bytes != 0) parts.blocks = layout.step.blocks;
    // A map that is not moved along with the strip is read at the strip's rows.
    const bool is_cut =
        a.argument.strip_bytes != 0 || (a.kind == ArgumentMemory::Kind::map && layout.step.strip_rows > 0);
    if (is_cut) parts.strips = layout.step.strips;
  }
  return parts;
}

// A kernel as the body of the loops over tasks around it: blocks of channels inside, strips outside.
LoopNest with_tasks(const LoopNest& kernel, const StepLayout& layout) {
  const double blocks = layout.step.blocks, strips = layout.step.strips;
  LoopNest nest;
  LoopNest::Loop over_strips{-1, 1, strips, {}, {}}, over_blocks{0, strips, strips * blocks, {}, {}};
  for (const auto& [buffer, lines] : kernel.loops[0].lines) {
    const TaskCounts parts = parts_of(buffer, layout);
    const double all = lines.all * parts.blocks, pairs = kernel.loops[0].pairs.at(buffer).all;
    over_blocks.lines[buffer] = {all, lines.all};
    over_strips.lines[buffer] = {all * parts.strips, all};
    // Blocks lie side by side: together they leave no half pairs.
    const double all_pairs = std::clamp(all, pairs, pairs * parts.blocks);
    over_blocks.pairs[buffer] = {all_pairs, pairs};
    over_strips.pairs[buffer] = {all_pairs * parts.strips, all_pairs};
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

LoopNest::Touched sum(const std::map<std::string, LoopNest::Touched>& buffers) {
  LoopNest::Touched result;
  for (const auto& [_, bytes] : buffers) {
    result.all += bytes.all;
    result.body += bytes.body;
  }
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

void limit_touched(LoopNest& nest, const std::map<std::string, double>& argument_bytes) {
  for (LoopNest::Loop& loop : nest.loops) {
    for (auto* buffers : {&loop.lines, &loop.pairs}) {
      for (auto& [buffer, bytes] : *buffers) {
        const auto found = argument_bytes.find(argument_of(buffer));
        if (found == argument_bytes.end()) continue;
        bytes.all = std::min(bytes.all, found->second);
        bytes.body = std::min(bytes.body, found->second);
      }
    }
  }
}

double fetched_bytes(const LoopNest& nest, const Cache& cache) {
  std::vector<bool> is_counted(nest.loops.size(), false);
  double fetched = 0;
  for (std::size_t i = 0; i < nest.loops.size(); ++i) {
    const LoopNest::Loop& loop = nest.loops[i];
    const LoopNest::Touched bytes = sum(cache.fetches_pairs ? loop.pairs : loop.lines);
    is_counted[i] = loop.parent >= 0 && is_counted[loop.parent];
    if (is_counted[i] || bytes.body > cache.bytes) continue;
    is_counted[i] = true;
    fetched += loop.entered * bytes.all;
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
  LoopNest whole = with_tasks(assembly->nest, layout);
  limit_touched(whole, bytes_of_arguments(layout));
  const double beyond_first = fetched_bytes(whole, {cpu_.first_cache, false}) / line_bytes;
  const double beyond_second = fetched_bytes(whole, {cpu_.second_cache, cpu_.memory_in_pairs}) / line_bytes;
  return Estimate{tasks * compute_cycles(assembly->nest, code, *cycles),
                  tasks * unforeseen_ends(assembly->nest) * cpu_.loop_end,
                  beyond_first * cpu_.second_cache_line, beyond_second * cpu_.memory_line, cpu_.in_order};
}

}  // namespace effnet
