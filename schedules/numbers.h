// Named integers: the shape of a step's problem, and the numbers of its schedule.
#pragma once

#include <map>
#include <string>

namespace effnet {

using Numbers = std::map<std::string, int>;

// "a=1 b=2", sorted by name.
std::string to_text(const Numbers& numbers);

}  // namespace effnet
