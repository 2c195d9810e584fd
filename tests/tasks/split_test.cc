#include "tasks/split.h"

#include <algorithm>

#include "tests/catch.h"

namespace effnet::test {
namespace {

// 20 of class 0, 7 of class 1, 2 of class 2, in turns as far as they go.
std::vector<int> labels() {
  std::vector<int> out;
  for (int i = 0; i < 20; ++i)
    for (const auto& [label, size] : {std::pair{0, 20}, {1, 7}, {2, 2}})
      if (i < size) out.push_back(label);
  return out;
}

std::vector<int> sizes(const std::vector<std::size_t>& rows) {
  std::vector<int> out(3);
  for (const std::size_t row : rows) ++out[static_cast<std::size_t>(labels()[row])];
  return out;
}

TEST_CASE("a stratified split takes the same part of every class, and every picture once") {
  const Split split = stratified_split(labels(), 3, 0.2, 1);
  CHECK(sizes(split.validation) == std::vector<int>{4, 1, 1});
  CHECK(sizes(split.training) == std::vector<int>{16, 6, 1});
  std::vector<std::size_t> all = split.training;
  all.insert(all.end(), split.validation.begin(), split.validation.end());
  std::sort(all.begin(), all.end());
  for (std::size_t i = 0; i < all.size(); ++i) CHECK(all[i] == i);
  CHECK(all.size() == labels().size());
}

TEST_CASE("no fraction leaves a class without training or validation") {
  for (const double fraction : {0.001, 0.999}) {
    const Split split = stratified_split(labels(), 3, fraction, 1);
    for (const int size : sizes(split.training)) CHECK(size >= 1);
    for (const int size : sizes(split.validation)) CHECK(size >= 1);
  }
}

TEST_CASE("the seed decides the split") {
  CHECK(stratified_split(labels(), 3, 0.2, 5).validation == stratified_split(labels(), 3, 0.2, 5).validation);
  CHECK(stratified_split(labels(), 3, 0.2, 5).validation != stratified_split(labels(), 3, 0.2, 6).validation);
  // Heads are the same on every machine: these numbers must never change.
  CHECK(stratified_split(labels(), 3, 0.2, 0).validation == std::vector<std::size_t>{0, 5, 9, 22, 23, 27});
}

TEST_CASE("a few-shot split trains with so many of every class") {
  const Split split = few_shot_split(labels(), 3, 5, 1);
  CHECK(sizes(split.training) == std::vector<int>{5, 5, 2});
  CHECK(sizes(split.validation) == std::vector<int>{15, 2, 0});
}

}  // namespace
}  // namespace effnet::test
