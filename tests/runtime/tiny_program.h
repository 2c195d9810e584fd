// A hand-written program in place of one that effnetc made: small enough to compute by hand, with all that
// the runtime deals with: several tasks a step, scratch, padded channels, a classifier that can be exchanged.
//
//   stem        map[y][x][f] = bias[f] + sum over c of weight[f][c] * mean of quadrant (y, x), channel c
//   pool        features[f] = mean over y, x of map
//   classifier  logits[k] = bias[k] + sum over f of weight[k][f] * features[f]
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "runtime/include/effnet_program.h"

namespace effnet::tiny {

inline constexpr int resolution = 8, features = 20, classes = 3, map_side = 2;
inline constexpr int padded_features = 32;

// How long every task of the stem sleeps with its scratch
// in use: 0 unless a test wants to see threads at work.
extern std::atomic<int> task_microseconds;

// While it exists, tasks of the stem wait for one another until as many as wanted run at the same time: no test has to
// hope that they meet. Where they never do, they go on after a long time.
class Meeting {
 public:
  explicit Meeting(int tasks);
  Meeting(const Meeting&) = delete;
  Meeting& operator=(const Meeting&) = delete;
  ~Meeting();

  void attend(const unsigned char* arena);
  int tasks() const { return most_tasks_; }    // at the same time, at most
  int images() const { return most_images_; }  // of which there were tasks at the same time, at most

 private:
  const std::size_t wanted_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::multiset<const unsigned char*> arenas_;  // of the tasks that run now; every image has one
  int most_tasks_ = 0, most_images_ = 0;
  bool over_ = false;
};

// Of another resolution only for effnet_prepare(): run() is made for the one above.
struct Program : effnet_program {
  explicit Program(int input_side = tiny::resolution);
  Program(const Program&) = delete;

  std::vector<effnet_variant>
      variants_storage;  // "wide" needs no instruction set, "impossible" one of another CPU
};

// A weights file's parts; change some to make a wrong one.
struct WeightsFile {
  WeightsFile();  // a right one

  struct Entry {
    std::string name, dtype;
    std::vector<long> shape;
    std::vector<float> values;
  };
  std::vector<Entry> tensors;
  std::vector<std::pair<std::string, std::string>> metadata;

  std::string& value(const std::string& key);  // of a metadata key
  void erase(const std::string& key);
  std::string bytes() const;
};

WeightsFile head_file(int count);  // weight [count][features], bias, labels "class 0", ...

std::vector<float> input(int image);
// The plain computation in double.
struct Expected {
  std::vector<double> map, features, logits;
};
Expected expected(const std::vector<float>& input, const WeightsFile& weights);
std::vector<double> expected_logits(const std::vector<double>& features, const WeightsFile& head);

// A file that exists while this object does.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& bytes);
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile();
  const char* path() const { return path_.c_str(); }
  const std::string& text() const { return path_; }

 private:
  std::string path_;
};

// A copy on a 64 byte boundary.
class AlignedBytes {
 public:
  explicit AlignedBytes(const std::string& bytes);
  void* data() { return data_; }
  std::size_t size() const { return size_; }

 private:
  std::vector<char> storage_;
  void* data_;
  std::size_t size_;
};

}  // namespace effnet::tiny
