#include "pipeline/observe.h"

#include <algorithm>

namespace effnet {

namespace {

int find_step(const Plan& plan, const std::string& name) {
  const auto found =
      std::find_if(plan.steps.begin(), plan.steps.end(), [&](const Step& step) { return step.name == name; });
  return static_cast<int>(found - plan.steps.begin());
}

// The buffer that a step has as the argument of this name.
int buffer_of(const Plan& plan, int step, const std::string& argument) {
  const std::vector<Argument>& arguments = plan.steps[step].arguments;
  return std::find_if(arguments.begin(), arguments.end(),
                      [&](const Argument& a) { return a.name == argument; })
      ->index;
}

Observation output_of(const Plan& plan, const std::string& tensor, const Layer& layer) {
  const int step = find_step(plan, layer.name);
  return {tensor, step, buffer_of(plan, step, "output"), -1, -1, layer.out};
}

// From the map and the gates, which are both there when the squeeze-excite has run.
Observation gated(const Plan& plan, const Block& block) {
  Observation result = output_of(plan, block.name + ".gated", block.depthwise);
  result.step = find_step(plan, block.squeeze_excite.name);
  result.gate = buffer_of(plan, result.step, "gate");
  result.gated = buffer_of(plan, find_step(plan, block.project.name), "input");
  return result;
}

}  // namespace

void add_observations(Plan& plan) {
  const Network& network = plan.network;
  std::vector<Observation>& all = plan.observations;
  all.push_back(output_of(plan, "stem", network.stem));
  for (const Block& block : network.blocks) {
    if (block.has_expand) all.push_back(output_of(plan, block.expand.name, block.expand));
    all.push_back(output_of(plan, block.depthwise.name, block.depthwise));
    if (block.has_squeeze_excite) all.push_back(gated(plan, block));
    all.push_back(output_of(plan, block.name, block.project));
  }
  all.push_back(output_of(plan, "head", network.head));
}

}  // namespace effnet
