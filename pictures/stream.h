// Many pictures: read and decoded ahead, on several threads.
#pragma once

#include <algorithm>
#include <thread>

#include "base/ordered.h"
#include "pictures/arguments.h"

namespace effnet {

// Of a program that gives `threads_each` threads to every worker; never more than there are pictures.
inline int default_workers(std::size_t pictures, int threads_each = 1) {
  const auto cores = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  const int workers = std::max(1, cores / std::max(1, threads_each));
  return static_cast<int>(
      std::min<std::size_t>(static_cast<std::size_t>(workers), std::max<std::size_t>(1, pictures)));
}

// Decodes every file on one of `workers` threads, calls work(i, worker, picture) there, and take(i, result)
// on the calling thread, in the files' order, until it returns false. A picture that cannot be read is an
// error for `work` to pass on. Results that wait are few: memory does not grow with the number of files.
//
//   work = inference on the worker's own model             all cores compute, each its own picture
//   work = [](auto, auto, auto picture) { return picture; }         decoding ahead of whatever `take` does
template <typename T>
void for_each_picture(const std::vector<PictureFile>& files, int workers,
                      const std::function<T(std::size_t, int, Result<Picture>)>& work,
                      const std::function<bool(std::size_t, T)>& take) {
  const std::size_t ahead = 2 * static_cast<std::size_t>(workers);
  Ordered<T>::run(
      workers, files.size(), ahead,
      [&](std::size_t i, int worker) { return work(i, worker, read_picture(files[i])); }, take);
}

}  // namespace effnet
