// Running a model: images one after the other, steps one after the other, tasks on the threads.
#include <atomic>
#include <cstring>

#include "runtime/clock.h"
#include "runtime/model.h"

namespace effnet::runtime {
namespace {

// A step while it runs.
struct StepRun {
  effnet_step_task task;
  const void* arguments;
  unsigned char* scratch;
  std::size_t scratch_bytes;  // of one worker
  int tasks, threads;
  std::atomic<int> done{0};          // with the application's parallel_for only
  std::atomic<bool> misused{false};  // likewise: a task or worker that does not exist

  void run_task(int index, int worker) {
    task(arguments, index, scratch + static_cast<std::size_t>(worker) * scratch_bytes);
  }
};

void pool_task(void* closure, int index, int worker) {
  static_cast<StepRun*>(closure)->run_task(index, worker);
}

void application_task(void* closure, int index, int worker) {
  auto& step = *static_cast<StepRun*>(closure);
  if (index < 0 || index >= step.tasks || worker < 0 || worker >= step.threads) {
    step.misused.store(true, std::memory_order_relaxed);
    return;
  }
  step.run_task(index, worker);
  step.done.fetch_add(1, std::memory_order_relaxed);
}

void run_step(effnet_model& model, int tasks, effnet_step_task task, const void* arguments) {
  StepRun step = {task,
                  arguments,
                  model.arena + align_up(model.variant->activation_bytes),
                  align_up(model.variant->scratch_bytes),
                  tasks,
                  model.threads};
  if (tasks <= 1 || model.threads == 1) {
    for (int i = 0; i < tasks; ++i) step.run_task(i, 0);
  } else if (model.parallel_for == nullptr) {
    model.pool.run(tasks, pool_task, &step);
  } else {
    model.parallel_for(model.parallel_for_context, tasks, application_task, &step);
    if (step.misused.load() || step.done.load() != tasks) model.misused = true;
  }
}

void run_image(effnet_model& model, const float* input) {
  const Head& head = model.head();
  effnet_frame frame = {input, model.arena, model.weights.tensors.data(), head.logits.data(),
                        panels(head.classes)};
  effnet_context context = {&model};
  model.variant->run(&context, &frame);
}

const float* in_arena(const effnet_model& model, std::size_t offset) {
  return reinterpret_cast<const float*>(model.arena + offset);
}

// The outputs of image i; in the arena the channels are padded to whole panels.
void copy_outputs(const effnet_model& model, std::size_t i, const effnet_outputs& to) {
  const Head& head = model.head();
  const effnet_program& program = *model.program;
  auto classes = static_cast<std::size_t>(head.classes),
       features = static_cast<std::size_t>(program.features);
  if (to.logits != nullptr) {
    std::memcpy(to.logits + i * classes, head.logits.data(), classes * sizeof(float));
  }
  if (to.features != nullptr) {
    std::memcpy(to.features + i * features, in_arena(model, model.variant->features_offset),
                features * sizeof(float));
  }
  if (to.last_map == nullptr) return;
  std::size_t pixels =
      static_cast<std::size_t>(program.map_height) * static_cast<std::size_t>(program.map_width);
  auto padded = static_cast<std::size_t>(panels(program.features)) * panel;
  const float* map = in_arena(model, model.variant->last_map_offset);
  float* out = to.last_map + i * pixels * features;
  for (std::size_t pixel = 0; pixel < pixels; ++pixel) {
    std::memcpy(out + pixel * features, map + pixel * padded, features * sizeof(float));
  }
}

}  // namespace
}  // namespace effnet::runtime

extern "C" void effnet_run_step(effnet_context* context, int step, int tasks, effnet_step_task task,
                                const void* arguments) {
  using namespace effnet::runtime;
  effnet_model& model = *context->model;
  if (!model.profiling) return run_step(model, tasks, task, arguments);
  std::int64_t begin = nanoseconds();
  run_step(model, tasks, task, arguments);
  model.profile[static_cast<std::size_t>(step)].seconds += 1e-9 * static_cast<double>(nanoseconds() - begin);
}

extern "C" effnet_status effnet_run_batch(effnet_model* model, int count, const float* inputs,
                                          const effnet_outputs* outputs) {
  using namespace effnet::runtime;
  if (!is_open(model)) return EFFNET_INVALID_ARGUMENT;
  if (count < 0 || outputs == nullptr || (inputs == nullptr && count > 0)) {
    return fail(model->error, EFFNET_INVALID_ARGUMENT,
                "effnet_run_batch: inputs and outputs must not be null, count not negative");
  }
  auto side = static_cast<std::size_t>(model->program->resolution);
  model->misused = false;
  model->pool.begin_run();
  for (std::size_t i = 0; i < static_cast<std::size_t>(count) && !model->misused; ++i) {
    run_image(*model, inputs + i * side * side * 3);
    if (!model->misused) copy_outputs(*model, i, *outputs);
  }
  model->pool.end_run();
  if (!model->misused) return EFFNET_OK;
  return fail(model->error, EFFNET_INVALID_ARGUMENT,
              "option parallel_for: must run every task once, with a worker from 0 to ", model->threads - 1);
}

extern "C" effnet_status effnet_run(effnet_model* model, const float* input, float* logits) {
  using namespace effnet::runtime;
  if (!is_open(model)) return EFFNET_INVALID_ARGUMENT;
  if (input == nullptr || logits == nullptr) {
    return fail(model->error, EFFNET_INVALID_ARGUMENT, "effnet_run: input and logits must not be null");
  }
  effnet_outputs outputs = {logits, nullptr, nullptr};
  return effnet_run_batch(model, 1, input, &outputs);
}

extern "C" effnet_status effnet_set_head(effnet_model* model, const char* head_path) {
  using namespace effnet::runtime;
  if (!is_open(model)) return EFFNET_INVALID_ARGUMENT;
  Head head;
  if (head_path != nullptr) {
    effnet_status status = read_head(*model->program, head_path, model->allocator, model->error, head);
    if (status != EFFNET_OK) return status;
  }
  model->other_head = static_cast<Head&&>(head);
  use_head(*model);
  return EFFNET_OK;
}
