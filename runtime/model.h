// What an open model owns.
#pragma once

#include <atomic>

#include "runtime/file.h"
#include "runtime/head.h"
#include "runtime/threads.h"
#include "runtime/weights.h"

// The runtime's side of one image's run, which a generated run() hands back step by step.
struct effnet_context {
  effnet_model* model;
  int worker;  // runs all tasks itself, since others run other images; -1: every worker takes part
};

struct effnet_model {
  std::uint32_t mark;  // open_mark, until it is closed
  const effnet_program* program;
  const effnet_variant* variant;
  effnet::runtime::Allocator allocator;

  // The weights file: neither where it is the application's memory.
  effnet::runtime::MappedFile file;
  effnet::runtime::Block<std::byte> copied_file;
  effnet::runtime::Weights weights;
  effnet::runtime::Head own_head,
      other_head;  // other_head.classes is 0 while the weights' own head is in use

  effnet::runtime::Block<unsigned char> own_arena;  // empty when the arena is the application's
  unsigned char* arena;
  int threads;
  bool spread_images;                // a batch's, over the threads
  effnet_parallel_for parallel_for;  // null: `pool`
  void* parallel_for_context;
  effnet::runtime::ThreadPool pool;

  effnet_info info;
  effnet_observer observer;  // null: nobody looks on
  void* observer_user;
  bool observed;  // a tensor was shown in this run
  bool profiling;
  effnet::runtime::Block<effnet_step_profile> profile;
  bool misused;              // by the application's parallel_for, in this run
  mutable char error[1024];  // of the last failed call

  const effnet::runtime::Head& head() const { return other_head.classes != 0 ? other_head : own_head; }
};

namespace effnet::runtime {

inline constexpr int max_threads = 1024;

// A closed model is recognised as long as its memory is there and nobody has used it again: no promise, but a status
// instead of a crash in most cases.
inline constexpr std::uint32_t open_mark = 0x4f70656e, closed_mark = 0x53687574;
inline bool is_open(const effnet_model* model) { return model != nullptr && model->mark == open_mark; }

// The arena: the activations of the images that run at the same time, then a scratch area for each thread.
struct ArenaLayout {
  std::size_t activations, scratch, threads, images;

  ArenaLayout(const effnet_variant& variant, int thread_count, bool spread_images)
      : activations(align_up(variant.activation_bytes)),
        scratch(align_up(variant.scratch_bytes)),
        threads(static_cast<std::size_t>(thread_count)),
        images(spread_images ? threads : 1) {}

  std::size_t bytes() const { return images * activations + threads * scratch; }
  // `slot`: the thread that runs the image, 0 where all of them do.
  std::size_t activations_of(std::size_t slot) const { return slot * activations; }
  std::size_t scratch_of(std::size_t thread) const { return images * activations + thread * scratch; }
};

inline ArenaLayout arena_layout(const effnet_model& model) {
  return {*model.variant, model.threads, model.spread_images};
}

// Points weights and info at the head in use.
void use_head(effnet_model& model);

}  // namespace effnet::runtime
