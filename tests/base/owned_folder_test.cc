// The tuner's temporary folders: they go with their owner, or when the next one comes.
#include "base/owned_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>

#include "tests/catch.h"
#include "tests/support/temporary.h"

namespace effnet::test {

namespace fs = std::filesystem;

namespace {

// A folder as a tuner that was killed leaves it, `age` ago.
fs::path left_behind(const TemporaryFolder& parent, const std::string& name, std::chrono::minutes age) {
  const fs::path folder = parent.path() / name;
  fs::create_directory(folder);
  write_file(folder / "lock", "");
  fs::last_write_time(folder, fs::file_time_type::clock::now() - age);
  return folder;
}

TEST_CASE("folders of dead tuners go, those of living ones and of others stay") {
  const TemporaryFolder parent;
  setenv("TMPDIR", parent.path().c_str(), 1);
  const fs::path dead = left_behind(parent, "effnet-tune-dead00", std::chrono::minutes(5));
  const fs::path living = left_behind(parent, "effnet-tune-living", std::chrono::minutes(5));
  const fs::path young = left_behind(parent, "effnet-tune-young0", std::chrono::minutes(0));
  const fs::path foreign = left_behind(parent, "something-else", std::chrono::minutes(5));
  const int lock = open((living / "lock").c_str(), O_RDWR | O_CLOEXEC);
  REQUIRE(flock(lock, LOCK_EX | LOCK_NB) == 0);
  std::string own;
  {
    const Result<OwnedFolder> folder = OwnedFolder::create("effnet-tune-");
    REQUIRE(folder);
    own = folder->path();
    CHECK(fs::exists(own));
    CHECK(!fs::exists(dead));
    CHECK(fs::exists(living));
    CHECK(fs::exists(young));
    CHECK(fs::exists(foreign));
  }
  CHECK(!fs::exists(own));
  close(lock);
  unsetenv("TMPDIR");
}

}  // namespace

}  // namespace effnet::test
