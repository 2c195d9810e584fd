// The model's own threads. They sleep between runs; inside a
// run they spin for at most 50 microseconds for the next step.
#pragma once

#include "runtime/failure.h"
#include "runtime/memory.h"
#include "runtime/system.h"

#if EFFNET_POSIX
#include <pthread.h>

#include <atomic>
#include <cstdint>
#endif

namespace effnet::runtime {

#if EFFNET_POSIX

// Not movable: the threads hold its address. One caller at a time, which takes part as worker 0.
class ThreadPool {
 public:
  ThreadPool() = default;
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;
  ~ThreadPool() { stop(); }

  // Starts threads - 1 threads: all of them, or none and EFFNET_NO_THREAD or EFFNET_OUT_OF_MEMORY. Call once.
  effnet_status start(int threads, const Allocator& allocator, ErrorText error);

  void begin_run() { in_run_.store(true, std::memory_order_relaxed); }
  void end_run() { in_run_.store(false, std::memory_order_relaxed); }

  // Calls task(closure, i, worker) for 0 <= i < count and returns when all have returned.
  void run(int count, effnet_task task, void* closure);

 private:
  struct Worker {
    ThreadPool* pool;
    int index;
    pthread_t thread;
  };

  static void* worker_main(void* argument);
  void stop();
  bool start_worker(Worker& worker);
  void work(int worker);
  bool wait_for_work();
  void wait_until_done();
  void wake(int wanted);
  bool work_left() const { return static_cast<std::uint32_t>(ticket_.load()) != 0; }

  Block<Worker> workers_;
  int started_ = 0;

  // The job, written before its ticket and read only by those who took one of its tasks.
  effnet_task task_ = nullptr;
  void* closure_ = nullptr;
  int count_ = 0;

  // High half: number of the job; low half: tasks that nobody has taken. One word, so that a worker that was
  // late for a job cannot take a task of it.
  alignas(64) std::atomic<std::uint64_t> ticket_{0};
  alignas(64) std::atomic<int> unfinished_{0};
  std::atomic<bool> in_run_{false};
  std::atomic<int> sleeping_{0};
  std::atomic<bool> caller_sleeps_{false};
  bool quit_ = false;  // guarded by mutex_
  pthread_mutex_t mutex_ = PTHREAD_MUTEX_INITIALIZER;
  pthread_cond_t work_arrived_ = PTHREAD_COND_INITIALIZER;
  pthread_cond_t work_done_ = PTHREAD_COND_INITIALIZER;
};

#else

class ThreadPool {
 public:
  effnet_status start(int threads, const Allocator& allocator, ErrorText error);
  void begin_run() {}
  void end_run() {}
  void run(int count, effnet_task task, void* closure);
};

#endif

}  // namespace effnet::runtime
