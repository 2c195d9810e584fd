#include "pipeline/plan_builder.h"

#include <algorithm>

#include "pipeline/arena.h"

namespace effnet {

PlanBuilder::PlanBuilder(const Network& network, const PlanOptions& options) : schedules_(options) {
  plan_.network = network;
  plan_.target = options.target;
  plan_.precision = options.precision;
  plan_.tensors = packed_tensors(network, options.precision);
  for (std::size_t i = 0; i < plan_.tensors.size(); ++i) tensor_[plan_.tensors[i].name] = static_cast<int>(i);
}

int PlanBuilder::new_buffer(const std::string& name, std::int64_t pixels, int channels, Element element) {
  const std::int64_t bytes = pixels * padded(channels) * traits_of(element).bytes;
  plan_.buffers.push_back({name, whole_lines(bytes), next_step(), next_step(), -1, bytes, -1, element});
  if (traits_of(element).affine) plan_.buffers.back().affine = name + ".affine";
  return static_cast<int>(plan_.buffers.size()) - 1;
}

int PlanBuilder::copy_buffer(int buffer, const std::string& name) {
  Buffer& original = plan_.buffers[buffer];
  Buffer copy = original;
  copy.name = name;
  copy.first_step = copy.last_step = original.last_step = next_step() - 1;
  plan_.buffers.push_back(std::move(copy));
  return static_cast<int>(plan_.buffers.size()) - 1;
}

void PlanBuilder::widen(int buffer, std::int64_t elements) {
  Buffer& b = plan_.buffers[buffer];
  b.bytes = std::max(b.bytes, whole_lines(elements * element_bytes(buffer)));
}

Argument PlanBuilder::weight(const std::string& name, const std::string& tensor, int block_panels) const {
  const PackedTensor& packed = plan_.tensors[tensor_.at(tensor)];
  const int all_panels = packed.shape.size() == 1 ? packed.shape[0] / panel_lanes : packed.shape[0];
  return {name, Place::weight, tensor_.at(tensor), packed.bytes() / all_panels * block_panels, 0};
}

Argument PlanBuilder::activation(const std::string& name, int buffer, std::int64_t block_elements,
                                 std::int64_t strip_elements) const {
  return {name, Place::activation, buffer, block_elements * element_bytes(buffer),
          strip_elements * element_bytes(buffer)};
}

void PlanBuilder::add_affine(Step& step, const std::string& name, int buffer) const {
  const std::string& tensor = plan_.buffers[buffer].affine;
  if (!tensor.empty()) step.arguments.push_back(weight(name, tensor));
}

Numbers PlanBuilder::choose_schedule(const std::string& operation, const Numbers& problem) {
  return schedules_.choose(find_operator(operation), problem);
}

Step& PlanBuilder::add_step(const std::string& name, const std::string& description,
                            const std::string& operation, const Numbers& problem, const Numbers& schedule) {
  Kernel kernel{operation, problem, schedule};
  const auto [found, is_new] = kernel_.emplace(kernel, static_cast<int>(plan_.kernels.size()));
  if (is_new) {
    const Operator& op = find_operator(operation);
    plan_.scratch_bytes = std::max(plan_.scratch_bytes, op.scratch_bytes(problem, schedule));
    plan_.kernels.push_back(std::move(kernel));
  }
  Step step;
  step.name = name;
  step.operation = description;
  step.kernel = found->second;
  plan_.steps.push_back(std::move(step));
  return plan_.steps.back();
}

void PlanBuilder::split_rows(Step& step, int rows) const {
  step.strip_rows = schedule_of(step).at("strip_rows");
  step.total_rows = rows;
  step.strips = (rows + step.strip_rows - 1) / step.strip_rows;
}

void PlanBuilder::account(Step& step, std::int64_t products, Activation activation, double evaluations,
                          double bytes) {
  step.multiply_adds = static_cast<double>(products);
  step.activations = activation == Activation::swish ? evaluations : 0;
  step.bytes = bytes;
  for (const Argument& argument : step.arguments) {
    if (argument.place != Place::weight) continue;
    step.bytes += static_cast<double>(plan_.tensors[argument.index].bytes());
  }
  touch_buffers();
}

// Every buffer that an argument of the last step names lives at it.
void PlanBuilder::touch_buffers() {
  const int now = next_step() - 1;
  for (const Argument& argument : plan_.steps.back().arguments) {
    if (argument.place != Place::activation) continue;
    Buffer& b = plan_.buffers[argument.index];
    b.last_step = std::max(b.last_step, now);
  }
}

Plan PlanBuilder::finish(int features, int last_map) {
  plan_.features_buffer = features;
  plan_.last_map_buffer = last_map;
  for (const int kept : {features, last_map}) plan_.buffers[kept].last_step = next_step() - 1;
  plan_.activation_bytes = place_buffers(plan_.buffers);
  plan_.scratch_bytes = whole_lines(plan_.scratch_bytes);
  plan_.warnings = schedules_.warnings();
  return std::move(plan_);
}

}  // namespace effnet
