// Opening and closing a model.
#include <cstring>
#include <new>

#include "runtime/cpu.h"
#include "runtime/model.h"

namespace effnet::runtime {
namespace {

// Where the weights come from: a path, or the application's memory when it is null.
struct Source {
  const char* path;
  std::span<const std::byte> bytes;
};

constexpr effnet_options defaults = {};

ErrorText error_text(const effnet_options& options) {
  if (options.error == nullptr) return {};
  return {options.error, options.error_bytes};
}

int thread_count(const effnet_options& options) { return options.threads == 0 ? 1 : options.threads; }

bool spreads_images(const effnet_options& options) {
  return options.spread_images != 0 && thread_count(options) > 1;
}

effnet_status check_arguments(const effnet_program& program, const effnet_options& options, ErrorText error) {
  auto invalid = [&](const auto&... parts) {
    return fail(error, EFFNET_INVALID_ARGUMENT, program.name, ": ", parts...);
  };
  if (program.abi != EFFNET_PROGRAM_ABI) {
    return invalid("the library was made for version ", program.abi,
                   " of the runtime's interface, this is version ", EFFNET_PROGRAM_ABI, ": compile it again");
  }
  if (options.threads < 0 || options.threads > max_threads) {
    return invalid("option threads is ", options.threads, ", but must be from 0 (one thread) to ",
                   max_threads);
  }
  if ((options.allocate == nullptr) != (options.release == nullptr)) {
    return invalid("options allocate and release must be given together");
  }
  return EFFNET_OK;
}

// `bytes` becomes the model's own copy of it.
effnet_status copy_file(effnet_model& model, ErrorText error, std::span<const std::byte>& bytes) {
  if (!model.copied_file.allocate(model.allocator, bytes.size())) {
    return fail(error, EFFNET_OUT_OF_MEMORY, model.program->name, ": out of memory for a copy of ",
                bytes.size(), " bytes of weights");
  }
  std::memcpy(model.copied_file.data(), bytes.data(), bytes.size());
  bytes = {model.copied_file.data(), bytes.size()};
  model.file.unmap();
  return EFFNET_OK;
}

effnet_status read_source(effnet_model& model, const Source& source, bool copy, ErrorText error) {
  effnet_status status = EFFNET_OK;
  std::span<const std::byte> bytes = source.bytes;
  if (source.path != nullptr) {
    status = model.file.map(source.path, error);
    bytes = model.file.bytes();
  }
  if (status == EFFNET_OK && copy) status = copy_file(model, error, bytes);
  if (status != EFFNET_OK) return status;
  model.info.weights_bytes = bytes.size();
  const char* where = source.path != nullptr ? source.path : "weights in memory";
  return read_weights(*model.program, bytes, model.allocator, where, error, model.weights);
}

effnet_status prepare_arena(effnet_model& model, const effnet_options& options, ErrorText error) {
  std::size_t needed = arena_layout(model).bytes();
  if (options.arena == nullptr) {
    if (!model.own_arena.allocate(model.allocator, needed)) {
      return fail(error, EFFNET_OUT_OF_MEMORY, model.program->name, ": out of memory for an arena of ",
                  needed, " bytes");
    }
    model.arena = model.own_arena.data();
    return EFFNET_OK;
  }
  if (reinterpret_cast<std::uintptr_t>(options.arena) % alignment != 0) {
    return fail(error, EFFNET_INVALID_ARGUMENT, model.program->name, ": option arena must begin on a ",
                alignment, " byte boundary");
  }
  if (options.arena_bytes < needed) {
    return fail(error, EFFNET_OUT_OF_MEMORY, model.program->name, ": option arena has ", options.arena_bytes,
                " bytes, but ", needed, " are needed");
  }
  model.arena = static_cast<unsigned char*>(options.arena);
  return EFFNET_OK;
}

effnet_status prepare_tables(effnet_model& model, ErrorText error) {
  auto steps = static_cast<std::size_t>(model.variant->step_count);
  std::size_t logits =
      arena_layout(model).images * static_cast<std::size_t>(panels(model.program->classes)) * panel;
  if (!model.profile.allocate(model.allocator, steps) ||
      !model.own_head.logits.allocate(model.allocator, logits)) {
    return fail(error, EFFNET_OUT_OF_MEMORY, model.program->name, ": out of memory for ", steps, " steps");
  }
  model.own_head.classes = model.program->classes;
  for (std::size_t i = 0; i < steps; ++i) {
    const effnet_step& step = model.variant->steps[i];
    model.profile[i] = {
        step.name, step.operation, step.multiply_adds, step.activations, step.bytes, step.tasks, 0};
  }
  return EFFNET_OK;
}

void fill_info(effnet_model& model) {
  const effnet_program& program = *model.program;
  const Preprocessing& preprocessing = model.weights.preprocessing;
  effnet_info& info = model.info;
  info.name = program.name;
  info.network = program.network;
  info.target = model.variant->target;
  info.version = EFFNET_VERSION;
  info.weights_format_version = program.weights_format_version;
  info.threads = model.threads;
  info.resolution = program.resolution;
  info.features = program.features;
  info.map_height = program.map_height;
  info.map_width = program.map_width;
  std::memcpy(info.mean, preprocessing.mean, sizeof info.mean);
  std::memcpy(info.std, preprocessing.std, sizeof info.std);
  info.crop = static_cast<float>(preprocessing.crop);
  info.interpolation = preprocessing.interpolation;
  info.arena_bytes = arena_layout(model).bytes();
  info.steps = model.variant->step_count;
  info.precision = program.precision;
}

effnet_status set_up(effnet_model& model, const Source& source, const effnet_options& options,
                     ErrorText error) {
  effnet_status status = read_source(model, source, options.copy_weights != 0, error);
  if (status == EFFNET_OK) status = prepare_arena(model, options, error);
  if (status == EFFNET_OK) status = prepare_tables(model, error);
  if (status == EFFNET_OK && model.parallel_for == nullptr) {
    status = model.pool.start(model.threads, model.allocator, error);
  }
  if (status != EFFNET_OK) return status;
  fill_info(model);
  model.own_head.labels = static_cast<Labels&&>(model.weights.labels);
  use_head(model);
  return EFFNET_OK;
}

effnet_status open(const effnet_program& program, const Source& source, const effnet_options& options,
                   effnet_model** out) {
  ErrorText error = error_text(options);
  write_text(error);
  effnet_status status = check_arguments(program, options, error);
  const effnet_variant* variant = nullptr;
  if (status == EFFNET_OK) status = choose_variant(program, options.target, error, &variant);
  if (status != EFFNET_OK) return status;

  Allocator allocator = {options.allocate, options.release, options.allocator_context};
  void* memory = allocator.allocate(sizeof(effnet_model));
  if (memory == nullptr)
    return fail(error, EFFNET_OUT_OF_MEMORY, program.name, ": out of memory for a model");
  auto* model = new (memory) effnet_model{};
  model->mark = open_mark;
  model->program = &program;
  model->variant = variant;
  model->allocator = allocator;
  model->threads = thread_count(options);
  model->spread_images = spreads_images(options);
  model->parallel_for = options.parallel_for;
  model->parallel_for_context = options.parallel_for_context;
  status = set_up(*model, source, options, error);
  if (status != EFFNET_OK) {
    effnet_close(model);
    return status;
  }
  *out = model;
  return EFFNET_OK;
}

}  // namespace

void use_head(effnet_model& model) {
  const Head& head = model.head();
  auto count = static_cast<std::size_t>(model.program->tensor_count);
  auto own = static_cast<std::size_t>(classifier_tensors(*model.program));
  if (&head == &model.other_head) {
    model.weights.tensors[count - 2] = head.weight.data();
    model.weights.tensors[count - 1] = head.bias.data();
    if (own == 3) model.weights.tensors[count - 3] = head.scale.data();
  } else {
    for (std::size_t i = 0; i < own; ++i) {
      model.weights.tensors[count - own + i] = model.weights.own_classifier[i];
    }
  }
  model.info.classes = head.classes;
  model.info.labels = head.labels.names();
}

}  // namespace effnet::runtime

extern "C" effnet_status effnet_open_program(const effnet_program* program, const char* weights_path,
                                             const effnet_options* options, effnet_model** out) {
  using namespace effnet::runtime;
  const effnet_options& chosen = options != nullptr ? *options : defaults;
  if (out != nullptr) *out = nullptr;
  if (program == nullptr || weights_path == nullptr || out == nullptr) {
    return fail(error_text(chosen), EFFNET_INVALID_ARGUMENT,
                "open: the weights' path and the model must not be null");
  }
  return open(*program, {weights_path, {}}, chosen, out);
}

extern "C" effnet_status effnet_open_program_memory(const effnet_program* program, const void* weights,
                                                    size_t bytes, const effnet_options* options,
                                                    effnet_model** out) {
  using namespace effnet::runtime;
  const effnet_options& chosen = options != nullptr ? *options : defaults;
  if (out != nullptr) *out = nullptr;
  if (program == nullptr || weights == nullptr || out == nullptr) {
    return fail(error_text(chosen), EFFNET_INVALID_ARGUMENT,
                "open: the weights and the model must not be null");
  }
  if (reinterpret_cast<std::uintptr_t>(weights) % alignment != 0) {
    return fail(error_text(chosen), EFFNET_INVALID_ARGUMENT, program->name,
                ": weights in memory must begin on a ", alignment, " byte boundary");
  }
  return open(*program, {nullptr, {static_cast<const std::byte*>(weights), bytes}}, chosen, out);
}

extern "C" size_t effnet_program_arena_bytes(const effnet_program* program, const effnet_options* options) {
  using namespace effnet::runtime;
  const effnet_options& chosen = options != nullptr ? *options : defaults;
  const effnet_variant* variant = nullptr;
  if (program == nullptr || check_arguments(*program, chosen, {}) != EFFNET_OK ||
      choose_variant(*program, chosen.target, {}, &variant) != EFFNET_OK) {
    return 0;
  }
  return ArenaLayout(*variant, thread_count(chosen), spreads_images(chosen)).bytes();
}

extern "C" void effnet_close(effnet_model* model) {
  if (!effnet::runtime::is_open(model)) return;
  effnet::runtime::Allocator allocator = model->allocator;
  // Volatile: what is written to an object that ends would be left out.
  *static_cast<volatile std::uint32_t*>(&model->mark) = effnet::runtime::closed_mark;
  model->~effnet_model();
  allocator.release(model);
}
