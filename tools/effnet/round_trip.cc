#include "tools/effnet/round_trip.h"

#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

namespace effnet {
namespace {

using Clock = std::chrono::steady_clock;
constexpr int rounds = 2000, repetitions = 5;
constexpr std::size_t max_cpus = 8;
constexpr auto patience = std::chrono::milliseconds(50);

std::vector<int> allowed_cpus() {
  std::vector<int> cpus;
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) != 0) return cpus;
  for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
    if (CPU_ISSET(cpu, &set)) cpus.push_back(cpu);
  return cpus;
}

bool pin(int cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  return pthread_setaffinity_np(pthread_self(), sizeof set, &set) == 0;
}

struct alignas(128) Ball {
  std::atomic<int> turn = 0;
  std::atomic<bool> stop = false;
};

// Waits for the turn; false when the other side gave up or nothing came for too long.
bool wait_for(Ball& ball, int turn) {
  const auto give_up = Clock::now() + patience;
  for (int spins = 0; ball.turn.load(std::memory_order_acquire) != turn; spins++) {
    if (ball.stop) return false;
    if (spins % 4096 == 4095 && Clock::now() > give_up) {
      ball.stop = true;
      return false;
    }
  }
  return true;
}

void answer(Ball& ball, int cpu) {
  if (!pin(cpu)) ball.stop = true;
  for (int i = 0; i < rounds * repetitions && wait_for(ball, 2 * i + 1); i++)
    ball.turn.store(2 * i + 2, std::memory_order_release);
}

// In a thread of its own, which it pins. The shortest repetition counts: others were interrupted.
void ask(Ball& ball, int cpu, std::optional<double>& result) {
  if (!pin(cpu)) ball.stop = true;
  int turn = 0;
  for (int repetition = 0; repetition < repetitions; repetition++) {
    const auto start = Clock::now();
    for (int i = 0; i < rounds; i++) {
      ball.turn.store(turn + 1, std::memory_order_release);
      turn += 2;
      if (!wait_for(ball, turn)) return;
    }
    const std::chrono::duration<double, std::nano> elapsed = Clock::now() - start;
    result = std::min(result.value_or(1e30), elapsed.count() / rounds);
  }
}

std::optional<double> round_trip(int first, int second) {
  Ball ball;
  std::optional<double> result;
  {
    std::jthread other([&] { answer(ball, second); });
    std::jthread asking([&] { ask(ball, first, result); });
  }
  return result;
}

}  // namespace

std::optional<double> round_trip_ns(int threads) {
  const std::vector<int> cpus = allowed_cpus();
  const std::size_t count = std::min({cpus.size(), static_cast<std::size_t>(threads), max_cpus});
  std::optional<double> longest;
  for (std::size_t i = 1; i < count; i++)
    if (const std::optional<double> nanoseconds = round_trip(cpus[0], cpus[i]))
      longest = std::max(longest.value_or(0), *nanoseconds);
  return longest;
}

}  // namespace effnet
