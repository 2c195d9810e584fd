// Values on disk: found again by the whole key, and trusted in nothing.
#include "scaling/store.h"

#include <filesystem>
#include <limits>

#include "tests/catch.h"
#include "tests/support/temporary.h"

namespace effnet {
namespace {

std::string only_file(const std::string& folder) {
  const auto first = std::filesystem::directory_iterator(folder);
  REQUIRE(std::distance(first, std::filesystem::directory_iterator()) == 1);
  return std::filesystem::directory_iterator(folder)->path();
}

TEST_CASE("what is kept is found by its key, and by no other") {
  const test::TemporaryFolder folder;
  const ValueStore store(folder.file("a/b"));
  CHECK_FALSE(store.find("key"));
  REQUIRE(store.keep("key", {{"ratio", 1.25}, {"ms", 0.1}}));
  CHECK(store.find("key") == ValueStore::Values{{"ratio", 1.25}, {"ms", 0.1}});
  CHECK_FALSE(store.find("key "));
  REQUIRE(store.keep("key", {{"ratio", 2}}));
  CHECK(store.find("key") == ValueStore::Values{{"ratio", 2}});
}

TEST_CASE("a damaged file is no value") {
  const test::TemporaryFolder folder;
  const ValueStore store(folder.file("values"));
  REQUIRE(store.keep("key", {{"ratio", 1.25}}));
  const std::string file = only_file(store.folder()), text = test::read_file(file);
  for (const std::string& damaged :
       {std::string(), text.substr(0, text.size() / 2), std::string("[1, 2]"), std::string("\xff\xfe"),
        std::string(R"({"key": "other", "values": {"ratio": 1}})"),
        std::string(R"({"key": "key", "values": [1]})"),
        std::string(R"({"key": "key", "values": {"ratio": "fast"}})"),
        std::string(R"({"key": "key", "values": {"ratio": null}})")}) {
    INFO(damaged);
    test::write_file(file, damaged);
    CHECK_FALSE(store.find("key"));
  }
  REQUIRE(store.keep("key", {{"ratio", 1.25}}));
  CHECK(store.find("key"));
}

TEST_CASE("a folder that cannot be made is an error that names it") {
  const Status status = ValueStore("/proc/values").keep("key", {{"ratio", 1}});
  REQUIRE_FALSE(status);
  CHECK_THAT(status.message(), Catch::Contains("/proc/values"));
}

}  // namespace
}  // namespace effnet
