#include "tasks/feature_cache.h"

#include <array>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

#include "tests/catch.h"
#include "tests/support/temporary.h"

namespace effnet::test {
namespace {

using Row = std::array<float, 3>;
constexpr Row first = {1, 2, 3}, second = {4, 5, 6};

std::string key(char digit) { return std::string(64, digit); }

FeatureCache open(const TemporaryFolder& folder, const std::string& identity = "network") {
  Result<FeatureCache> cache = FeatureCache::open(folder.file("cache"), identity, 3);
  REQUIRE(cache.ok());
  return *std::move(cache);
}

// What the cache has of a key: the row, or nothing.
std::optional<Row> found(const FeatureCache& cache, char digit) {
  Row row = {};
  if (cache.find(key(digit), row)) return row;
  return std::nullopt;
}

void fill(const TemporaryFolder& folder) {
  FeatureCache cache = open(folder);
  REQUIRE(cache.add(key('a'), first).ok());
  REQUIRE(cache.add(key('b'), second).ok());
}

std::string cache_file(const TemporaryFolder& folder) { return open(folder).path(); }

TEST_CASE("a later run finds what an earlier one has kept") {
  const TemporaryFolder folder;
  CHECK_FALSE(found(open(folder), 'a'));
  fill(folder);
  const FeatureCache cache = open(folder);
  CHECK(found(cache, 'a') == first);
  CHECK(found(cache, 'b') == second);
  CHECK_FALSE(found(cache, 'c'));
}

TEST_CASE("features of another network or other weights lie in another file") {
  const TemporaryFolder folder;
  fill(folder);
  CHECK_FALSE(found(open(folder, "another network"), 'a'));
}

TEST_CASE("wherever a byte is damaged, no wrong features come out, and new ones can be kept") {
  const TemporaryFolder folder;
  fill(folder);
  const std::string path = cache_file(folder), sound = read_file(path);
  for (std::size_t at = 0; at < sound.size(); ++at) {
    std::string damaged = sound;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
    write_file(path, damaged);
    {
      FeatureCache cache = open(folder);
      const auto a = found(cache, 'a'), b = found(cache, 'b');
      if (a) CHECK(*a == first);
      if (b) CHECK(*b == second);
      CHECK_FALSE((a && b));
      REQUIRE(cache.add(key('c'), second).ok());
    }
    CHECK(found(open(folder), 'c') == second);
  }
}

TEST_CASE("wherever writing stopped, whole records stay and the next one fits") {
  const TemporaryFolder folder;
  fill(folder);
  const std::string path = cache_file(folder), sound = read_file(path);
  for (std::size_t length = 0; length < sound.size(); length += 7) {
    write_file(path, sound.substr(0, length));
    const bool has_first = length >= 128 + (sound.size() - 128) / 2;
    {
      FeatureCache cache = open(folder);
      CHECK(found(cache, 'a').has_value() == has_first);
      CHECK_FALSE(found(cache, 'b'));
      REQUIRE(cache.add(key('c'), second).ok());
    }
    const FeatureCache cache = open(folder);
    CHECK(found(cache, 'a').has_value() == has_first);
    CHECK(found(cache, 'c') == second);
  }
}

TEST_CASE("a file with a damaged header is replaced; who has it open reads on") {
  const TemporaryFolder folder;
  fill(folder);
  const std::string path = cache_file(folder);
  const FeatureCache old = open(folder);
  std::fstream(path, std::ios::in | std::ios::out) << "damaged";
  {
    FeatureCache anew = open(folder);
    CHECK_FALSE(found(anew, 'a'));
    REQUIRE(anew.add(key('c'), second).ok());
  }
  CHECK(found(old, 'a') == first);
  CHECK(found(old, 'b') == second);
  CHECK(found(open(folder), 'c') == second);
}

TEST_CASE("a file that became shorter than its header takes nothing more, and says why") {
  const TemporaryFolder folder;
  FeatureCache cache = open(folder);
  std::filesystem::resize_file(cache.path(), 100);
  CHECK_THAT(cache.add(key('a'), first).message(), Catch::Contains("it became shorter meanwhile"));
}

TEST_CASE("two caches over one file add to it in turns") {
  const TemporaryFolder folder;
  FeatureCache one = open(folder), other = open(folder);
  REQUIRE(one.add(key('a'), first).ok());
  REQUIRE(other.add(key('b'), second).ok());
  REQUIRE(one.add(key('c'), first).ok());
  const FeatureCache both = open(folder);
  CHECK(found(both, 'a') == first);
  CHECK(found(both, 'b') == second);
  CHECK(found(both, 'c') == first);
}

TEST_CASE("several threads may add at the same time, nothing is lost") {
  const TemporaryFolder folder;
  const std::string digits = "0123456789abcdef";
  {
    FeatureCache cache = open(folder);
    std::vector<std::thread> threads;
    std::atomic<int> failures = 0;
    for (const char digit : digits)
      threads.emplace_back([&cache, &failures, digit] {
        for (int i = 0; i < 50; ++i) failures += !cache.add(key(digit), i % 2 == 0 ? first : second).ok();
      });
    for (std::thread& thread : threads) thread.join();
    CHECK(failures == 0);
  }
  CHECK(read_file(cache_file(folder)).size() == 128 + 50 * digits.size() * (2 * 64 + sizeof(Row)));
  const FeatureCache cache = open(folder);
  for (const char digit : digits) CHECK(found(cache, digit) == second);
}

TEST_CASE("a folder that cannot be made is named") {
  const TemporaryFolder folder;
  write_file(folder.file("cache"), "a file");
  const Result<FeatureCache> cache = FeatureCache::open(folder.file("cache"), "network", 3);
  REQUIRE_FALSE(cache.ok());
  CHECK_THAT(cache.message(), Catch::Contains(folder.file("cache")) && Catch::Contains("cannot be opened"));
}

}  // namespace
}  // namespace effnet::test
