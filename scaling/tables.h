// What a search found: for people, as CSV and as JSON.
#pragma once

#include <string>

#include "scaling/published.h"
#include "scaling/search.h"

namespace effnet {

// The front, the published point, the winner and its series.
std::string search_text(const SearchResult& result);
// One line a grid point, and one for the published point where it is not on the grid.
std::string search_csv(const SearchResult& result);
std::string search_json(const SearchResult& result);

std::string published_text(const std::vector<PublishedComparison>& rows);
std::string published_json(const std::vector<PublishedComparison>& rows);

}  // namespace effnet
