#include "schedules/types.h"

namespace effnet {

MatrixTypes types_of(const Numbers& problem) {
  const auto element = [&](const char* name) {
    const auto found = problem.find(name);
    return found == problem.end() ? Element::f32 : static_cast<Element>(found->second);
  };
  return {element("maps"), element("weights"), problem.contains("widened")};
}

void set_types(Numbers& problem, const MatrixTypes& types) {
  if (types.maps != Element::f32) problem["maps"] = static_cast<int>(types.maps);
  if (types.weights != Element::f32) problem["weights"] = static_cast<int>(types.weights);
  if (types.widened && types.weights != Element::f32) problem["widened"] = 1;
}

}  // namespace effnet
