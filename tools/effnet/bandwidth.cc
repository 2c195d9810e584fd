#include "tools/effnet/bandwidth.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <thread>
#include <vector>

namespace effnet {

double measure_bandwidth(int threads, double seconds) {
  using Clock = std::chrono::steady_clock;
  constexpr std::size_t words = (96u << 20) / sizeof(std::uint64_t);  // all threads together
  const std::vector<std::uint64_t> memory(words, 1);
  const std::size_t part = words / static_cast<std::size_t>(threads);
  std::atomic<std::uint64_t> sink{0}, read{0};
  const auto begin = Clock::now();
  const auto elapsed = [&] { return std::chrono::duration<double>(Clock::now() - begin).count(); };
  const auto work = [&](std::size_t first) {
    do {
      std::uint64_t sums[8] = {};  // independent, so that nothing but memory is waited for
      for (std::size_t i = first; i + 8 <= first + part; i += 8)
        for (std::size_t j = 0; j < 8; ++j) sums[j] += memory[i + j];
      for (const std::uint64_t sum : sums) sink += sum;
      read += part * sizeof(std::uint64_t);
    } while (elapsed() < seconds);
  };
  {
    std::vector<std::jthread> others;
    for (int t = 1; t < threads; ++t) others.emplace_back(work, static_cast<std::size_t>(t) * part);
    work(0);
  }
  return static_cast<double>(read.load()) / elapsed();
}

}  // namespace effnet
