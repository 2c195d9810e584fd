// What a model can be asked.
#include "runtime/model.h"

using effnet::runtime::is_open;

extern "C" const effnet_info* effnet_get_info(const effnet_model* model) {
  return is_open(model) ? &model->info : nullptr;
}

extern "C" const char* effnet_error(const effnet_model* model) {
  if (model == nullptr) return "the model is null: open one first, and look at the status of the open";
  return is_open(model) ? model->error : "the model is closed: open it again";
}

extern "C" const char* effnet_status_text(effnet_status status) {
  switch (status) {
    case EFFNET_OK:
      return "success";
    case EFFNET_INVALID_ARGUMENT:
      return "invalid argument";
    case EFFNET_OUT_OF_MEMORY:
      return "out of memory";
    case EFFNET_CANNOT_READ:
      return "the file cannot be read";
    case EFFNET_INVALID_WEIGHTS:
      return "not a sound weights file";
    case EFFNET_WRONG_NETWORK:
      return "weights of another network";
    case EFFNET_UNSUPPORTED_CPU:
      return "not for this CPU";
    case EFFNET_NO_THREAD:
      return "a thread could not be started";
  }
  return "unknown status";
}

extern "C" void effnet_profile_start(effnet_model* model) {
  if (!is_open(model)) return;
  for (std::size_t i = 0; i < model->profile.size(); ++i) model->profile[i].seconds = 0;
  model->profiling = true;
}

extern "C" void effnet_profile_stop(effnet_model* model) {
  if (is_open(model)) model->profiling = false;
}

extern "C" const effnet_step_profile* effnet_get_profile(const effnet_model* model) {
  return is_open(model) ? model->profile.data() : nullptr;
}

extern "C" effnet_status effnet_get_class(const effnet_model* model, int class_index, float* weights,
                                          float* bias) {
  using namespace effnet::runtime;
  if (!is_open(model)) return EFFNET_INVALID_ARGUMENT;
  if (weights == nullptr || class_index < 0 || class_index >= model->head().classes) {
    return fail(model->error, EFFNET_INVALID_ARGUMENT, "effnet_get_class: class ", class_index,
                "; weights must not be null and the class from 0 to ", model->head().classes - 1);
  }
  const effnet_program& program = *model->program;
  const int own = classifier_tensors(program);
  read_class(program, model->weights.tensors.data() + program.tensor_count - own, class_index, weights, bias);
  return EFFNET_OK;
}
