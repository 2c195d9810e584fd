// A loop as servers have it: requests come in, some handlers answer them, each with a model of its own; all models
// compute on one pool of threads, take memory from one allocator and share the mapped weights.
//
//   server lite0.weights < requests          a request: a line "WIDTH HEIGHT", then that many RGB pixels
#include <algorithm>
#include <condition_variable>
#include <cstdio>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "counted_memory.h"
#include "effnet.hpp"
#include "lite0.h"
#include "thread_pool.h"

namespace {

constexpr int handlers = 3;                // requests that are answered at a time
constexpr int workers = 2;                 // threads that one request may use
constexpr int pool_threads = 2;            // of all handlers together
constexpr std::size_t waiting = 8;         // requests read ahead
constexpr std::size_t budget = 64u << 20;  // bytes of all models

struct Request {
  int number = 0, width = 0, height = 0;
  std::vector<std::uint8_t> rgb;
};

class Queue {
 public:
  void push(Request request) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return requests_.size() < waiting || closed_; });
    requests_.push_back(std::move(request));
    changed_.notify_all();
  }
  void close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    changed_.notify_all();
  }
  std::optional<Request> pop() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !requests_.empty() || closed_; });
    if (requests_.empty()) return {};
    Request request = std::move(requests_.front());
    requests_.pop_front();
    changed_.notify_all();
    return request;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Request> requests_;
  bool closed_ = false;
};

// False at the end; `error` says when that is not a good one.
bool read_request(Request& request, std::string& error) {
  const int numbers = std::scanf("%d %d", &request.width, &request.height);
  if (numbers == EOF) return false;
  if (numbers != 2 || std::getchar() != '\n' || request.width < 1 || request.height < 1 ||
      request.width > 10000 || request.height > 10000) {
    error = "a request begins with a line \"WIDTH HEIGHT\" of 1 to 10000 pixels";
    return false;
  }
  request.rgb.resize(std::size_t{3} * static_cast<std::size_t>(request.width) *
                     static_cast<std::size_t>(request.height));
  if (std::fread(request.rgb.data(), 1, request.rgb.size(), stdin) == request.rgb.size()) return true;
  error = "the last request has too few pixels";
  return false;
}

void answer(effnet::Model& model, const Request& request) {
  std::vector<float> input(model.input_size()), probabilities(model.classes());
  effnet::Error error = model.prepare({request.rgb.data(), request.width, request.height}, input);
  if (!error) error = model.run(input, probabilities);
  if (error) {
    std::printf("%d error %s\n", request.number, error.text());
    return;
  }
  effnet::softmax(probabilities);
  const auto top = std::max_element(probabilities.begin(), probabilities.end());
  std::printf("%d %.4f %s\n", request.number, static_cast<double>(*top),
              model.info().labels[top - probabilities.begin()]);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: server FILE.weights < requests\n");
    return 2;
  }
  server::CountedMemory memory(budget);
  server::ThreadPool pool(pool_threads);
  server::PoolShare share{&pool, workers};
  effnet_options options{};
  options.threads = workers;
  options.parallel_for = server::run_on_pool;
  options.parallel_for_context = &share;
  memory.set_in(options);

  std::string error;
  {
    std::vector<effnet::Model> models(handlers);
    for (effnet::Model& model : models)
      if (effnet::Error failure = model.open(lite0_open, argv[1], options)) {
        std::fprintf(stderr, "server: %s\n", failure.text());
        return 1;
      }
    Queue queue;
    std::vector<std::thread> threads;
    for (effnet::Model& model : models)
      threads.emplace_back([&] {
        while (const std::optional<Request> request = queue.pop()) answer(model, *request);
      });
    Request request;
    for (; read_request(request, error); ++request.number) queue.push(request);
    queue.close();
    for (std::thread& thread : threads) thread.join();
  }
  std::fprintf(stderr, "server: %zu bytes for %d models, %zu left\n", memory.peak(), handlers,
               memory.in_use());
  if (!error.empty()) std::fprintf(stderr, "server: %s\n", error.c_str());
  return error.empty() ? 0 : 1;
}
