#include "base/parallel.h"

#include <pthread.h>

#include <atomic>
#include <stdexcept>
#include <thread>
#include <vector>

#include "tests/catch.h"

namespace effnet {
namespace {

// New threads get a stack that no address space has.
class NoMoreThreads {
 public:
  NoMoreThreads() {
    pthread_getattr_default_np(&before_);
    pthread_attr_t huge;
    pthread_attr_init(&huge);
    pthread_attr_setstacksize(&huge, std::size_t{1} << 60);
    pthread_setattr_default_np(&huge);
    pthread_attr_destroy(&huge);
  }
  ~NoMoreThreads() {
    pthread_setattr_default_np(&before_);
    pthread_attr_destroy(&before_);
  }

 private:
  pthread_attr_t before_;
};

TEST_CASE("every piece is worked on once, for any number of threads") {
  for (const int jobs : {-1, 0, 1, 2, 5, 100}) {
    for (const int count : {0, 1, 7, 1000}) {
      std::vector<std::atomic<int>> times(count);
      parallel_for(jobs, count, [&](int i) { ++times[i]; });
      for (const std::atomic<int>& t : times) REQUIRE(t == 1);
    }
  }
}

TEST_CASE("what the work throws comes out, when all threads have ended") {
  for (const int jobs : {1, 2, 8}) {
    std::atomic<int> begun{0}, inside{0};
    const auto work = [&](int i) {
      ++begun;
      ++inside;
      std::this_thread::sleep_for(std::chrono::microseconds(100));
      --inside;
      if (i == 20) throw std::runtime_error("piece 20");
    };
    CHECK_THROWS_WITH(parallel_for(jobs, 1'000'000, work), "piece 20");
    CHECK(inside == 0);
    CHECK(begun < 1'000'000);
  }
}

TEST_CASE("where no thread can be started, the caller's does all") {
  const NoMoreThreads none;
  REQUIRE_THROWS_AS(std::thread([] {}), std::system_error);
  std::vector<std::thread::id> threads(50);
  parallel_for(8, 50, [&](int i) { threads[i] = std::this_thread::get_id(); });
  CHECK(threads == std::vector<std::thread::id>(50, std::this_thread::get_id()));
}

}  // namespace
}  // namespace effnet
