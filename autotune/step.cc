#include "autotune/step.h"

#include <cmath>

namespace effnet {

namespace {

using Kind = ArgumentMemory::Kind;

bool is_same(const TuningStep& step, const Kernel& kernel) {
  return step.operation == kernel.operation &&
         without_padding(step.problem) == without_padding(kernel.problem);
}

// How many of an argument's lanes hold a channel.
int channels_of(const Kernel& kernel, const std::string& argument) {
  const auto number = [&](const char* name) {
    const auto found = kernel.problem.find(name);
    return found == kernel.problem.end() ? 1 << 30 : found->second;  // all lanes
  };
  if (argument == "input" || argument == "gate" || argument == "features") return number("channels");
  if (argument.starts_with("reduce_")) return number("squeezed");
  if (kernel.operation == "squeeze_excite") return number("channels");
  return number("out_channels");
}

void describe_weight(const PackedTensor& tensor, int inputs, ArgumentMemory& a) {
  a.kind = tensor.name.ends_with(".affine") ? Kind::affine : Kind::weight;
  a.element = tensor.element;
  a.row = a.elements = a.used = tensor.elements();
  const bool is_vector = tensor.shape.size() == 1;
  a.panel = is_vector ? panel_lanes : a.used / tensor.shape[0];
  a.together = is_vector || tensor.shape.back() == panel_lanes ? 1 : tensor.shape.back();
  // Sums of products keep the size of their inputs; 8 bit weights are up to 127 scales.
  const bool is_scale = tensor.name.ends_with(".scale");
  const double inner = is_scale ? inputs : static_cast<double>(a.panel) / panel_lanes;
  const double size = std::sqrt(3 / inner) / (is_scale ? 127 : 1);
  a.scale = tensor.name.ends_with(".bias") ? 0.5f : static_cast<float>(size);
}

ArgumentMemory describe(const Plan& plan, const Kernel& kernel, const Step& step, const Argument& argument,
                        bool is_output) {
  ArgumentMemory a;
  a.argument = argument;
  a.kind = is_output ? Kind::output : Kind::map;
  a.channels = channels_of(kernel, argument.name);
  a.panel = panel_lanes;
  // Averages and sums take a map's row or the whole map to compute in the reference.
  a.samples = argument.name == "average" || argument.name == "sums" ? 24 : 200;
  switch (argument.place) {
    case Place::input:
      a.used = a.elements = a.row = 3ll * plan.network.resolution * plan.network.resolution;
      a.panel = 1;
      break;
    case Place::weight:
      describe_weight(plan.tensors[argument.index],
                      kernel.problem.at(kernel.operation == "stem" ? "kernel" : "channels"), a);
      break;
    case Place::activation:
      a.element = plan.buffers[argument.index].element;
      a.used = plan.buffers[argument.index].map_bytes / traits_of(a.element).bytes;
      a.elements = plan.buffers[argument.index].bytes / traits_of(a.element).bytes;
      a.row = a.channels < 1 << 30 ? padded(a.channels) : a.used;
      break;
    case Place::logits:
      a.used = a.elements = a.row = static_cast<std::int64_t>(step.blocks) * panel_lanes;
      break;
    case Place::scratch:
      a.kind = Kind::scratch;
      a.elements = find_operator(kernel.operation).scratch_bytes(kernel.problem, kernel.schedule) / 4;
      break;
    case Place::first_row:
    case Place::rows:
    case Place::constant:
      a.kind = Kind::scalar;
      break;
  }
  return a;
}

}  // namespace

std::vector<TuningStep> unique_steps_of(const std::vector<Network>& networks, const CpuTarget& target,
                                        Precision precision) {
  std::vector<TuningStep> steps;
  for (std::size_t n = 0; n < networks.size(); ++n) {
    const Result<Plan> plan = make_plan(networks[n], {.target = target, .precision = precision});
    if (!plan) continue;
    for (const Step& step : plan->steps) {
      const Kernel& kernel = plan->kernels[step.kernel];
      auto found =
          std::find_if(steps.begin(), steps.end(), [&](const TuningStep& s) { return is_same(s, kernel); });
      if (found == steps.end()) {
        steps.push_back({kernel.operation, kernel.problem, step.name, step.operation, static_cast<int>(n),
                         std::vector<int>(networks.size()), step.multiply_adds, step.bytes, precision});
        found = steps.end() - 1;
      }
      ++found->occurrences[n];
    }
  }
  return steps;
}

Result<StepLayout> layout_of(const TuningStep& step, const Numbers& schedule, const Network& network,
                             const CpuTarget& target) {
  ScheduleRow row;
  row.problem = step.problem;
  row.schedule = schedule;
  ScheduleRows rows;
  rows.add(step.operation, row);
  const Result<Plan> plan =
      make_plan(network, {.target = target, .rows = &rows, .precision = step.precision});
  if (!plan) return plan.status();
  for (const Step& candidate : plan->steps) {
    const Kernel& kernel = plan->kernels[candidate.kernel];
    if (!is_same(step, kernel)) continue;
    if (kernel.schedule != schedule) break;
    StepLayout layout{kernel, candidate, {}};
    bool is_output = false;  // behind the scratch, which is the last input
    for (const Argument& argument : candidate.arguments) {
      layout.arguments.push_back(describe(*plan, kernel, candidate, argument, is_output));
      is_output = is_output || argument.place == Place::scratch;
    }
    return layout;
  }
  return Status::error(step.operation + ": the schedule " + to_text(schedule) + " is not legal");
}

}  // namespace effnet
