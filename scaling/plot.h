// What a search found, as one self-contained SVG picture.
#pragma once

#include <string>

#include "scaling/search.h"

namespace effnet {

// The candidates by their objectives (each against the first; a single one against the cost), the front, the published
// point and the winner; then how multiply-adds and latency grow with phi against the rule.
std::string search_plot(const SearchResult& result);

}  // namespace effnet
