// Running a model: images one after the other, or one on every thread; steps one after the other, tasks on the threads.
#include <atomic>
#include <cstring>

#include "runtime/clock.h"
#include "runtime/model.h"

namespace effnet::runtime {
namespace {

// What the application's parallel_for is given, to check what it does.
struct CheckedTasks {
  effnet_task task;
  void* closure;
  int count, workers;
  std::atomic<int> done{0};
  std::atomic<bool> misused{false};  // a task or worker that does not exist
};

void checked_task(void* closure, int index, int worker) {
  auto& tasks = *static_cast<CheckedTasks*>(closure);
  if (index < 0 || index >= tasks.count || worker < 0 || worker >= tasks.workers) {
    tasks.misused.store(true, std::memory_order_relaxed);
    return;
  }
  tasks.task(tasks.closure, index, worker);
  tasks.done.fetch_add(1, std::memory_order_relaxed);
}

// On all threads.
void run_parallel(effnet_model& model, int count, effnet_task task, void* closure) {
  if (model.parallel_for == nullptr) return model.pool.run(count, task, closure);
  CheckedTasks tasks = {task, closure, count, model.threads};
  model.parallel_for(model.parallel_for_context, count, checked_task, &tasks);
  if (tasks.misused.load() || tasks.done.load() != count) model.misused = true;
}

// A step while it runs.
struct StepRun {
  effnet_step_task task;
  const void* arguments;
  unsigned char* arena;
  ArenaLayout layout;

  void run_task(int index, int worker) {
    task(arguments, index, arena + layout.scratch_of(static_cast<std::size_t>(worker)));
  }
};

void step_task(void* closure, int index, int worker) {
  static_cast<StepRun*>(closure)->run_task(index, worker);
}

void run_step(const effnet_context& context, int tasks, effnet_step_task task, const void* arguments) {
  effnet_model& model = *context.model;
  StepRun step = {task, arguments, model.arena, arena_layout(model)};
  if (tasks > 1 && model.threads > 1 && context.worker < 0)
    return run_parallel(model, tasks, step_task, &step);
  for (int i = 0; i < tasks; ++i) step.run_task(i, context.worker < 0 ? 0 : context.worker);
}

// Where one image's run leaves what it computes.
struct Place {
  unsigned char* activations;
  float* logits;
};

// `slot`: the worker that runs the image, 0 where all of them do.
Place place_of(const effnet_model& model, std::size_t slot) {
  const Head& head = model.head();
  return {model.arena + arena_layout(model).activations_of(slot),
          head.logits.data() + slot * static_cast<std::size_t>(panels(head.classes)) * panel};
}

void run_image(effnet_context context, const Place& place, const float* input) {
  effnet_model& model = *context.model;
  effnet_frame frame = {input, place.activations, model.weights.tensors.data(), place.logits,
                        panels(model.head().classes)};
  model.variant->run(&context, &frame);
}

const float* floats(const unsigned char* bytes) { return reinterpret_cast<const float*>(bytes); }

// The outputs of image i; in the arena the channels are padded to whole panels.
void copy_outputs(const effnet_model& model, const Place& place, std::size_t i, const effnet_outputs& to) {
  const effnet_program& program = *model.program;
  auto classes = static_cast<std::size_t>(model.head().classes),
       features = static_cast<std::size_t>(program.features);
  if (to.logits != nullptr) {
    std::memcpy(to.logits + i * classes, place.logits, classes * sizeof(float));
  }
  if (to.features != nullptr) {
    std::memcpy(to.features + i * features, floats(place.activations + model.variant->features_offset),
                features * sizeof(float));
  }
  if (to.last_map == nullptr) return;
  std::size_t pixels =
      static_cast<std::size_t>(program.map_height) * static_cast<std::size_t>(program.map_width);
  auto padded = static_cast<std::size_t>(panels(program.features)) * panel;
  const float* map = floats(place.activations + model.variant->last_map_offset);
  float* out = to.last_map + i * pixels * features;
  for (std::size_t pixel = 0; pixel < pixels; ++pixel) {
    std::memcpy(out + pixel * features, map + pixel * padded, features * sizeof(float));
  }
}

struct BatchRun {
  effnet_model& model;
  const float* inputs;
  const effnet_outputs& outputs;

  void run(std::size_t i, int worker) {
    auto side = static_cast<std::size_t>(model.program->resolution);
    Place place = place_of(model, worker < 0 ? 0 : static_cast<std::size_t>(worker));
    run_image({&model, worker}, place, inputs + i * side * side * 3);
    if (!model.misused) copy_outputs(model, place, i, outputs);
  }
};

void image_task(void* closure, int index, int worker) {
  static_cast<BatchRun*>(closure)->run(static_cast<std::size_t>(index), worker);
}

// How many of a batch's first images run at the same time, one on each thread: as many as give every thread the same
// number. A profile is of steps that have the threads to themselves.
int spread_count(const effnet_model& model, int count) {
  return model.spread_images && !model.profiling ? count / model.threads * model.threads : 0;
}

}  // namespace
}  // namespace effnet::runtime

extern "C" void effnet_run_step(effnet_context* context, int step, int tasks, effnet_step_task task,
                                const void* arguments) {
  using namespace effnet::runtime;
  effnet_model& model = *context->model;
  if (!model.profiling) return run_step(*context, tasks, task, arguments);
  std::int64_t begin = nanoseconds();
  run_step(*context, tasks, task, arguments);
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
  BatchRun batch = {*model, inputs, *outputs};
  int spread = spread_count(*model, count);
  model->misused = false;
  model->pool.begin_run();
  if (spread > 0) run_parallel(*model, spread, image_task, &batch);
  for (int i = spread; i < count && !model->misused; ++i) batch.run(static_cast<std::size_t>(i), -1);
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
    effnet_status status = read_head(*model->program, head_path, arena_layout(*model).images,
                                     model->allocator, model->error, head);
    if (status != EFFNET_OK) return status;
  }
  model->other_head = static_cast<Head&&>(head);
  use_head(*model);
  return EFFNET_OK;
}
