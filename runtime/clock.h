#pragma once

#include <cstdint>
#include <ctime>

#include "runtime/system.h"

namespace effnet::runtime {

inline std::int64_t nanoseconds() {
  timespec now = {};
#if EFFNET_POSIX
  clock_gettime(CLOCK_MONOTONIC, &now);
#else
  timespec_get(&now, TIME_UTC);  // for profiles only
#endif
  return now.tv_sec * std::int64_t{1'000'000'000} + now.tv_nsec;
}

}  // namespace effnet::runtime
