#include "base/ordered.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <stdexcept>

#include "tests/catch.h"

namespace effnet {
namespace {

void wait_a_little() { std::this_thread::sleep_for(std::chrono::microseconds(200)); }

TEST_CASE("results are taken in order, whoever is first") {
  std::vector<std::size_t> taken;
  Ordered<std::size_t>::run(
      4, 300, 8,
      [](std::size_t i, int) {
        if (i % 7 == 0) wait_a_little();
        return i * i;
      },
      [&](std::size_t i, std::size_t result) {
        CHECK(result == i * i);
        taken.push_back(i);
        return true;
      });
  REQUIRE(taken.size() == 300);
  CHECK(std::is_sorted(taken.begin(), taken.end()));
}

TEST_CASE("no more than the allowed number of results waits") {
  std::atomic<std::size_t> taken{0}, furthest{0};
  Ordered<int>::run(
      3, 100, 5,
      [&](std::size_t i, int) {
        const std::size_t distance = i - std::min(i, taken.load());
        std::size_t seen = furthest;
        while (distance > seen && !furthest.compare_exchange_weak(seen, distance)) {
        }
        return 0;
      },
      [&](std::size_t, int) {
        wait_a_little();
        taken++;
        return true;
      });
  CHECK(furthest <= 5);
}

TEST_CASE("nothing to do is done at once") {
  Ordered<int>::run(
      2, 0, 4, [](std::size_t, int) { return 0; },
      [](std::size_t, int) {
        FAIL("there is no result");
        return true;
      });
}

TEST_CASE("without a number of workers, or room for results, there is one of each") {
  for (const int workers : {0, -3}) {
    int sum = 0;
    Ordered<int>::run(
        workers, 5, 0,
        [](std::size_t i, int worker) {
          CHECK(worker == 0);
          return static_cast<int>(i);
        },
        [&](std::size_t, int result) {
          sum += result;
          return true;
        });
    CHECK(sum == 10);
  }
}

TEST_CASE("the taker can end the work") {
  std::atomic<int> started{0};
  std::size_t taken = 0;
  Ordered<int>::run(
      2, 1'000'000, 4, [&](std::size_t, int) { return started++; },
      [&](std::size_t, int) { return ++taken < 10; });
  CHECK(taken == 10);
  CHECK(started <= 14);
}

TEST_CASE("what a worker or the taker throws comes out") {
  const auto work = [](std::size_t i, int) {
    if (i == 20) throw std::runtime_error("work");
    return 0;
  };
  CHECK_THROWS_WITH(Ordered<int>::run(3, 50, 6, work, [](std::size_t, int) { return true; }), "work");
  CHECK_THROWS_WITH(Ordered<int>::run(3, 50, 6, work,
                                      [](std::size_t i, int) -> bool {
                                        if (i == 3) throw std::runtime_error("take");
                                        return true;
                                      }),
                    "take");
}

}  // namespace
}  // namespace effnet
