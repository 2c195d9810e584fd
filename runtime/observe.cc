// Showing the tensors of a library that was compiled to observe.
#include "runtime/model.h"

namespace effnet::runtime {
namespace {

void multiply(const effnet_observed& map, const float* gates, float* out) {
  auto stride = static_cast<std::size_t>(map.stride);
  std::size_t values = static_cast<std::size_t>(map.height) * static_cast<std::size_t>(map.width) * stride;
  for (std::size_t first = 0; first < values; first += stride) {
    for (std::size_t c = 0; c < stride; ++c) out[first + c] = map.values[first + c] * gates[c];
  }
}

}  // namespace
}  // namespace effnet::runtime

extern "C" void effnet_observe(effnet_context* context, const char* tensor, void* map, const void* gates,
                               void* gated, int height, int width, int channels) {
  using namespace effnet::runtime;
  effnet_model& model = *context->model;
  effnet_observed shown = {tensor,   static_cast<float*>(map), height, width,
                           channels, panels(channels) * panel};
  if (gates != nullptr) {
    multiply(shown, static_cast<const float*>(gates), static_cast<float*>(gated));
    shown.values = static_cast<float*>(gated);
  }
  if (model.observer == nullptr) return;  // images of a spread batch come here at the same time
  model.observed = true;
  model.observer(model.observer_user, &shown);
}

extern "C" effnet_status effnet_run_observed(effnet_model* model, const float* input, float* logits,
                                             effnet_observer observer, void* user) {
  using namespace effnet::runtime;
  if (!is_open(model)) return EFFNET_INVALID_ARGUMENT;
  if (observer == nullptr) {
    return fail(model->error, EFFNET_INVALID_ARGUMENT, "effnet_run_observed: the observer must not be null");
  }
  model->observer = observer;
  model->observer_user = user;
  model->observed = false;
  effnet_status status = effnet_run(model, input, logits);
  model->observer = nullptr;
  if (status != EFFNET_OK || model->observed) return status;
  return fail(model->error, EFFNET_INVALID_ARGUMENT, model->program->name,
              ": was not compiled to observe its tensors; effnetc compile ", model->program->network,
              " --observe makes such a library");
}
