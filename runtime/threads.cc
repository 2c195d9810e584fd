#include "runtime/threads.h"

#if EFFNET_POSIX

#include <csignal>

#include "runtime/clock.h"

namespace effnet::runtime {
namespace {

constexpr std::int64_t spin_nanoseconds = 50'000;
constexpr std::size_t stack_bytes = 256 * 1024;  // kernels keep their data in the arena

void relax() {
  for (int i = 0; i < 8; ++i) {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
  }
}

// Spins until `done` or the time is over; says which.
template <typename Done>
bool spin(Done done) {
  std::int64_t end = 0;
  while (!done()) {
    std::int64_t now = nanoseconds();
    if (end == 0) end = now + spin_nanoseconds;
    if (now >= end) return false;
    relax();
  }
  return true;
}

}  // namespace

effnet_status ThreadPool::start(int threads, const Allocator& allocator, ErrorText error) {
  if (threads <= 1) return EFFNET_OK;
  if (!workers_.allocate(allocator, static_cast<std::size_t>(threads - 1))) {
    return fail(error, EFFNET_OUT_OF_MEMORY, "out of memory for ", threads, " threads");
  }
  while (started_ < threads - 1) {
    Worker& worker = workers_[static_cast<std::size_t>(started_)];
    worker = {this, started_ + 1, {}};
    if (!start_worker(worker)) {
      effnet_status status = fail(error, EFFNET_NO_THREAD, "thread ", started_ + 2, " of ", threads,
                                  " could not be started; fewer threads give the same result");
      stop();
      return status;
    }
    ++started_;
  }
  return EFFNET_OK;
}

// The application's signals are not for our threads.
bool ThreadPool::start_worker(Worker& worker) {
  pthread_attr_t attributes;
  if (pthread_attr_init(&attributes) != 0) return false;
  sigset_t all, before;
  sigfillset(&all);
  bool started = pthread_attr_setstacksize(&attributes, stack_bytes) == 0 &&
                 pthread_sigmask(SIG_SETMASK, &all, &before) == 0;
  if (started) {
    // An application's thread-local variables, which lie on the stack, may need more.
    started = pthread_create(&worker.thread, &attributes, worker_main, &worker) == 0 ||
              pthread_create(&worker.thread, nullptr, worker_main, &worker) == 0;
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }
  pthread_attr_destroy(&attributes);
  return started;
}

void ThreadPool::stop() {
  if (started_ == 0) return;
  pthread_mutex_lock(&mutex_);
  quit_ = true;
  pthread_cond_broadcast(&work_arrived_);
  pthread_mutex_unlock(&mutex_);
  while (started_ > 0) pthread_join(workers_[static_cast<std::size_t>(--started_)].thread, nullptr);
}

void* ThreadPool::worker_main(void* argument) {
  auto* worker = static_cast<Worker*>(argument);
  do worker->pool->work(worker->index);
  while (worker->pool->wait_for_work());
  return nullptr;
}

void ThreadPool::run(int count, effnet_task task, void* closure) {
  task_ = task;
  closure_ = closure;
  count_ = count;
  unfinished_.store(count, std::memory_order_relaxed);
  std::uint64_t job = (ticket_.load(std::memory_order_relaxed) >> 32) + 1;
  ticket_.store(job << 32 | static_cast<std::uint32_t>(count));  // seq_cst: before sleeping_ is looked at
  if (sleeping_.load() > 0) wake(count - 1);
  work(0);
  wait_until_done();
}

// Takes tasks until none is left.
void ThreadPool::work(int worker) {
  std::uint64_t ticket = ticket_.load(std::memory_order_acquire);
  while (static_cast<std::uint32_t>(ticket) != 0) {
    if (!ticket_.compare_exchange_weak(ticket, ticket - 1, std::memory_order_acq_rel,
                                       std::memory_order_acquire)) {
      continue;
    }
    task_(closure_, count_ - static_cast<int>(static_cast<std::uint32_t>(ticket)), worker);
    // After the last task's decrement the job's fields belong to the caller again.
    if (unfinished_.fetch_sub(1) == 1 && caller_sleeps_.load()) {
      pthread_mutex_lock(&mutex_);
      pthread_cond_signal(&work_done_);
      pthread_mutex_unlock(&mutex_);
    }
    ticket = ticket_.load(std::memory_order_acquire);
  }
}

// False: the pool is being stopped.
bool ThreadPool::wait_for_work() {
  spin([&] { return work_left() || !in_run_.load(std::memory_order_relaxed); });
  if (work_left()) return true;
  pthread_mutex_lock(&mutex_);
  sleeping_.fetch_add(1);  // seq_cst: before ticket_ is looked at
  while (!work_left() && !quit_) pthread_cond_wait(&work_arrived_, &mutex_);
  sleeping_.fetch_sub(1);
  bool stopping = quit_;
  pthread_mutex_unlock(&mutex_);
  return !stopping;
}

void ThreadPool::wait_until_done() {
  if (spin([&] { return unfinished_.load(std::memory_order_acquire) == 0; })) return;
  pthread_mutex_lock(&mutex_);
  caller_sleeps_.store(true);  // seq_cst: before unfinished_ is looked at
  while (unfinished_.load() != 0) pthread_cond_wait(&work_done_, &mutex_);
  caller_sleeps_.store(false);
  pthread_mutex_unlock(&mutex_);
}

void ThreadPool::wake(int wanted) {
  pthread_mutex_lock(&mutex_);
  if (wanted >= sleeping_.load()) {
    pthread_cond_broadcast(&work_arrived_);
  } else {
    for (int i = 0; i < wanted; ++i) pthread_cond_signal(&work_arrived_);
  }
  pthread_mutex_unlock(&mutex_);
}

}  // namespace effnet::runtime

#endif
