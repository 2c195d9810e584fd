// How far two cores are from each other.
#pragma once

#include <optional>

namespace effnet {

// Nanoseconds that a cache line takes from one core to another and back: about
// 50-100 where they share a cache, several times that where they do not. The longest
// of those between the first CPU that this process may use and each of the next
// `threads` - 1. None: there is only one CPU, or the others were too busy to answer.
std::optional<double> round_trip_ns(int threads);

}  // namespace effnet
