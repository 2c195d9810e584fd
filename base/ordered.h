// Independent pieces of work on several threads, their results taken in order while later ones are worked on.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace effnet {

// Calls work(i, worker) for every i in [0, count) on `workers` threads (0 <= worker < workers; one at a time
// for each; at least one) and take(i, result) on the calling thread in rising order of i, until it returns
// false. At most `ahead` results (at least one) wait to be taken. What either throws ends all and is thrown on.
template <typename T>
class Ordered {
 public:
  using Work = std::function<T(std::size_t, int)>;
  using Take = std::function<bool(std::size_t, T)>;

  static void run(int workers, std::size_t count, std::size_t ahead, const Work& work, const Take& take) {
    Ordered ordered(count, std::max<std::size_t>(ahead, 1), work);
    ordered.start(std::max(workers, 1));
    for (std::size_t i = 0; i < count; i++)
      if (!take(i, ordered.wait_for(i))) return;
  }

 private:
  struct Slot {
    std::optional<T> result;
    std::exception_ptr failure;
  };

  Ordered(std::size_t count, std::size_t ahead, const Work& work)
      : count_(count), work_(work), slots_(ahead) {}
  Ordered(const Ordered&) = delete;
  Ordered& operator=(const Ordered&) = delete;
  ~Ordered() {
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
    }
    room_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

  // Fewer threads do the same work; without any there is nobody to do it.
  void start(int workers) {
    for (int worker = 0; worker < workers; worker++) {
      try {
        threads_.emplace_back([this, worker] { produce(worker); });
      } catch (const std::system_error&) {
        if (threads_.empty()) throw;
        return;
      }
    }
  }

  // The next piece, once its slot is free; nothing when there is none.
  std::optional<std::size_t> next() {
    std::unique_lock lock(mutex_);
    room_.wait(lock, [this] { return stop_ || next_ >= count_ || next_ < taken_ + slots_.size(); });
    if (stop_ || next_ >= count_) return std::nullopt;
    return next_++;
  }

  void produce(int worker) {
    while (const std::optional<std::size_t> i = next()) {
      Slot slot;
      try {
        slot.result = work_(*i, worker);
      } catch (...) {
        slot.failure = std::current_exception();
      }
      const std::lock_guard lock(mutex_);
      slots_[*i % slots_.size()] = std::move(slot);
      ready_.notify_one();
    }
  }

  T wait_for(std::size_t i) {
    std::unique_lock lock(mutex_);
    Slot& slot = slots_[i % slots_.size()];
    ready_.wait(lock, [&slot] { return slot.result || slot.failure; });
    if (slot.failure) std::rethrow_exception(slot.failure);
    T result = *std::move(slot.result);
    slot = {};
    taken_ = i + 1;
    room_.notify_all();
    return result;
  }

  const std::size_t count_;
  const Work& work_;
  std::mutex mutex_;
  std::condition_variable room_, ready_;
  std::vector<Slot> slots_;  // piece i waits in slot i % size
  std::size_t next_ = 0, taken_ = 0;
  bool stop_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace effnet
