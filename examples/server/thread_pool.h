// The application's own threads, shared by all of its models through effnet_options.parallel_for.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "effnet.h"

namespace server {

class ThreadPool {
 public:
  explicit ThreadPool(int threads);
  ~ThreadPool();

  // Runs task(closure, i, worker) for every i in [0, count): the caller as worker 0 and, as far as they are free,
  // up to workers - 1 threads of the pool. Any number of callers at a time.
  void run(int workers, int count, effnet_task task, void* closure);

 private:
  struct Job {
    effnet_task task;
    void* closure;
    int count, workers;
    std::atomic<int> next{0};
    int joined = 1, active = 0;  // guarded by mutex_: workers so far, threads of the pool inside

    void work(int worker) {
      for (int i = next++; i < count; i = next++) task(closure, i, worker);
    }
  };

  void serve();

  std::mutex mutex_;
  std::condition_variable arrived_, left_;
  std::deque<Job*> jobs_;  // that more workers may join
  bool quit_ = false;
  std::vector<std::thread> threads_;
};

// What a model is told: which pool, and with how many workers (as effnet_options.threads).
struct PoolShare {
  ThreadPool* pool;
  int workers;
};

// An effnet_parallel_for whose context is a PoolShare.
void run_on_pool(void* share, int count, effnet_task task, void* closure);

}  // namespace server
