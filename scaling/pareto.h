// Choosing among candidates with several costs each; less is better in all of them.
#pragma once

#include <cstddef>
#include <vector>

namespace effnet {

using Costs = std::vector<double>;  // one value an objective

// No worse anywhere, and better somewhere.
bool dominates(const Costs& a, const Costs& b);

// Which candidates nothing dominates.
std::vector<bool> pareto_front(const std::vector<Costs>& candidates);

// The compromise of a front: nearest to the best of every objective, each scaled to its range on the front. With one
// objective, the best. `front` has at least one true; of equals the first.
std::size_t balanced_choice(const std::vector<Costs>& candidates, const std::vector<bool>& front);

}  // namespace effnet
