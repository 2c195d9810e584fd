// Network -> Plan: fused steps, one kernel for all equal steps,
// who reads and writes what, and where it lies in the arena.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "generators/operator.h"
#include "models/network.h"
#include "models/packing.h"
#include "schedules/rows.h"

namespace effnet {

// A unique step: one generator instance, one object, one function.
struct Kernel {
  std::string operation;  // the generator's name
  Numbers problem, schedule;
  bool operator<(const Kernel& other) const {
    return std::tie(operation, problem, schedule) < std::tie(other.operation, other.problem, other.schedule);
  }
};

// Where a kernel's argument lies, and how far it moves from one task to the next.
enum class Place {
  input,       // the network's input
  weight,      // `index`: into packed_tensors()
  activation,  // `index`: into Plan.buffers
  logits,      // of the frame
  scratch,     // of the worker
  first_row,   // scalar: the task's first output row
  rows,        // scalar: how many rows the task has
  constant,    // scalar: `index` itself
};

struct Argument {
  std::string name;  // as the generator calls it
  Place place = Place::weight;
  int index = 0;
  std::int64_t block_bytes = 0, strip_bytes = 0;  // offset of block b and strip s: b * block + s * strip
};

// One fused step of the network. Task t works on block t %
// blocks of channels and strip t / blocks of rows or pixels.
struct Step {
  std::string name;                 // "blocks.3.expand_depthwise"
  std::string operation;            // "expand_depthwise 28x28x40 -> 28x28x240 k5 s1 swish"
  int kernel = 0;                   // into Plan.kernels
  std::vector<Argument> arguments;  // in the order of the kernel's C function
  int blocks = 1, strips = 1;
  int strip_rows = 0, total_rows = 0;  // where the kernel takes first_row and rows
  double multiply_adds = 0, activations = 0, bytes = 0;
  double paired_multiply_adds = 0;  // of these: pairs of bf16 or fours of 8 bits, added by one instruction
};

// A tensor between steps.
struct Buffer {
  std::string name;
  std::int64_t bytes = 0;  // a multiple of 64, with room for what register tiles write past the end
  int first_step = 0, last_step = 0;
  std::int64_t offset = -1;    // in the arena
  std::int64_t map_bytes = 0;  // without that room
  int in_place_of = -1;        // an earlier buffer, whose beginning it overwrites in its last step; -1: none
  Element element = Element::f32;
  std::string
      affine{};  // the tensor with its scale and zero point; of gates, of the map with the gates in it; or none
};

// A tensor that a library compiled to observe shows, and the step after which it is whole.
struct Observation {
  std::string tensor;  // "blocks.3.expand": models/calibration.h has the names
  int step = 0;
  int map = 0;     // into Plan.buffers
  int gate = -1;   // -1: the tensor is the map; else the map times this gate, which has yet to be written to
  int gated = -1;  // this buffer
  Shape shape;
};

struct Plan {
  Network network;
  Precision precision = Precision::fp32;
  CpuTarget target;
  std::vector<PackedTensor> tensors;
  std::vector<Kernel> kernels;
  std::vector<Step> steps;
  std::vector<Buffer> buffers;
  int features_buffer = 0, last_map_buffer = 0;
  std::int64_t activation_bytes = 0;      // the arena without scratch
  std::int64_t scratch_bytes = 0;         // a worker
  std::vector<Observation> observations;  // in the order of the steps; none unless it is compiled to observe
  std::vector<std::string> warnings;      // rows that are stale, illegal or from another CPU
};

struct PlanOptions {
  CpuTarget target;
  int threads = 1;
  const ScheduleRows* rows = nullptr;  // null: analytic defaults only
  std::string cpu{}, halide{};         // rows from others are used with a warning; empty: from any
  bool min_memory = false;             // a smaller arena, and fewer tasks in the first block; the same bits
  Precision precision = Precision::fp32;
  bool observe = false;  // expansions are steps of their own, and every tensor between layers is shown
};

Result<Plan> make_plan(const Network& network, const PlanOptions& options);

// Different steps of a network: what has to be compiled, whatever the schedules.
std::size_t unique_steps(const Network& network);

}  // namespace effnet
