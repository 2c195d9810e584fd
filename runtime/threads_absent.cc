// Where no threads are started: the caller does all tasks.
#include "runtime/threads.h"

#if !EFFNET_POSIX

namespace effnet::runtime {

effnet_status ThreadPool::start(int threads, const Allocator& /*allocator*/, ErrorText error) {
  if (threads <= 1) return EFFNET_OK;
  return fail(error, EFFNET_NO_THREAD, "option threads is ", threads,
              ", but this runtime was built for a system without threads; option parallel_for lends it the "
              "application's");
}

void ThreadPool::run(int count, effnet_task task, void* closure) {
  for (int i = 0; i < count; ++i) task(closure, i, 0);
}

}  // namespace effnet::runtime

#endif
