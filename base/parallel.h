// Independent pieces of work on several threads.
#pragma once

#include <functional>

namespace effnet {

// Calls work(i) for every i in [0, count) on at most `jobs` threads (0 or less: as many as there are cores), in
// rising order of their start; returns when all are done. Where threads cannot be started, fewer do the work. The
// first that `work` throws ends all that has not begun, and is thrown on.
void parallel_for(int jobs, int count, const std::function<void(int)>& work);

}  // namespace effnet
