#pragma once

#include <cstdint>
#include <ctime>

namespace effnet::runtime {

inline std::int64_t nanoseconds() {
  timespec now = {};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * std::int64_t{1'000'000'000} + now.tv_nsec;
}

}  // namespace effnet::runtime
