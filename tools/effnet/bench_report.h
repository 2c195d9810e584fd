// What effnet bench measured, and how it says so.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tools/effnet/peak.h"

namespace effnet {

struct StepTime {
  std::string name, operation;
  double multiply_adds = 0, short_multiply_adds = 0, activations = 0, bytes = 0;
  int tasks = 0;
  double seconds = 0;  // of one run
};

// Medians of runs that took turns, seconds.
struct LastMapTimes {
  double without = 0, with = 0;
};

struct BenchResult {
  std::string library, network, precision, target, weights, cpu;  // weights: a path, or "random"
  InstructionSet instructions = InstructionSet::sse;
  int threads = 1, resolution = 0;
  int batch = 1;                                       // inputs of one run
  bool spreads_images = false;                         // a batch's, over the threads
  ShortProducts products = ShortProducts::bf16_pairs;  // that the network's type makes
  // Of one run; of the multiply-adds, those of short products.
  double multiply_adds = 0, short_multiply_adds = 0, activations = 0;
  std::size_t arena_bytes = 0, weights_bytes = 0;
  std::vector<double> runs;              // seconds, ascending
  Rates peak;                            // of all threads
  std::optional<double> round_trip_ns;   // with two threads or more
  std::vector<StepTime> steps;           // with --profile
  double profiled_run = 0;               // seconds of one run while its steps were measured
  std::optional<LastMapTimes> last_map;  // with --last-map
};

struct Summary {
  double median = 0, fastest = 0, p95 = 0;   // seconds
  double flops = 0;                          // per second, of the median; a multiply-add counts as two
  std::optional<double> multiply_add_bound;  // seconds; none where the peak of short products is not measured
  double activation_bound = 0;
  std::optional<double> bound() const;
};

Summary summarize(const BenchResult& result);

std::string bench_text(const BenchResult& result);
std::string bench_json(const BenchResult& result);

}  // namespace effnet
