#include "thread_pool.h"

#include <algorithm>

namespace server {

ThreadPool::ThreadPool(int threads) {
  for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { serve(); });
}

ThreadPool::~ThreadPool() {
  {
    const std::lock_guard lock(mutex_);
    quit_ = true;
  }
  arrived_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void ThreadPool::run(int workers, int count, effnet_task task, void* closure) {
  Job job{task, closure, count, workers};
  {
    const std::lock_guard lock(mutex_);
    if (workers > 1) jobs_.push_back(&job);
  }
  arrived_.notify_all();
  job.work(0);
  std::unique_lock lock(mutex_);
  jobs_.erase(std::remove(jobs_.begin(), jobs_.end(), &job), jobs_.end());  // nobody joins any more
  left_.wait(lock, [&] { return job.active == 0; });
}

void ThreadPool::serve() {
  std::unique_lock lock(mutex_);
  for (;;) {
    arrived_.wait(lock, [this] { return quit_ || !jobs_.empty(); });
    if (quit_) return;
    Job& job = *jobs_.front();
    const int worker = job.joined++;
    if (job.joined == job.workers) jobs_.pop_front();
    ++job.active;
    lock.unlock();
    job.work(worker);
    lock.lock();
    // The job is its caller's: the last to leave lets it go.
    if (--job.active == 0) left_.notify_all();
  }
}

void run_on_pool(void* share, int count, effnet_task task, void* closure) {
  const auto& [pool, workers] = *static_cast<PoolShare*>(share);
  pool->run(workers, count, task, closure);
}

}  // namespace server
