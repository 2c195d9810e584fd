#include "pictures/stream.h"

#include <set>

#include "tests/catch.h"

namespace effnet {
namespace {

const std::string data = std::string(EFFNET_SOURCE_DIR) + "/tests/data/png/";

TEST_CASE("pictures come decoded and in their order, unreadable ones too") {
  const std::vector<std::string> names = {"rgb8.png", "none.png", "rgb8_1x1.png", "rgb8_1x90.png"};
  std::vector<PictureFile> files;
  for (int i = 0; i < 200; i++) files.push_back({data + names[static_cast<std::size_t>(i) % 4]});
  const int heights[] = {11, -1, 1, 90};
  std::set<int> workers;
  std::size_t next = 0;
  for_each_picture<std::pair<int, int>>(
      files, 3,
      [](std::size_t, int worker, const Result<Picture>& picture) {
        return std::pair(worker, picture ? picture->height : -1);
      },
      [&](std::size_t i, std::pair<int, int> result) {
        CHECK(i == next++);
        CHECK(result.second == heights[i % 4]);
        workers.insert(result.first);
        return true;
      });
  CHECK(next == files.size());
  CHECK(*workers.rbegin() < 3);
}

TEST_CASE("there are as many workers as cores, less where each has threads, none idle") {
  const int cores = default_workers(1'000'000);
  CHECK(cores >= 1);
  CHECK(default_workers(1) == 1);
  CHECK(default_workers(0) == 1);
  CHECK(default_workers(1'000'000, cores) == 1);
  CHECK(default_workers(1'000'000, 1000) == 1);
}

}  // namespace
}  // namespace effnet
