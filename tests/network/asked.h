// Which networks one CTest entry of a program is for.
#pragma once

#include <cstdlib>
#include <sstream>
#include <string>
#include <vector>

namespace effnet::test {

// The names in $EFFNET_TEST_NETWORKS, separated by commas; without it `otherwise`.
inline std::vector<std::string> asked_networks(const std::vector<std::string>& otherwise) {
  const char* asked = std::getenv("EFFNET_TEST_NETWORKS");
  if (asked == nullptr) return otherwise;
  std::vector<std::string> names;
  std::istringstream list(asked);
  for (std::string name; std::getline(list, name, ',');) names.push_back(name);
  return names;
}

}  // namespace effnet::test
