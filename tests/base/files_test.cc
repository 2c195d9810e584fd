#include "base/files.h"

#include <sys/stat.h>
#include <unistd.h>

#include "tests/catch.h"
#include "tests/support/temporary.h"

using namespace effnet;
using Catch::Contains;
using test::TemporaryFolder;

namespace {

std::size_t count_files(const TemporaryFolder& folder) {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder.path())) ++count;
  return count;
}

}  // namespace

TEST_CASE("Whether a file can be written is known without writing it") {
  const TemporaryFolder folder;
  CHECK(check_writable(folder.file("out")));
  test::write_file(folder.file("old"), "old");
  CHECK(check_writable(folder.file("old")));
  CHECK(test::read_file(folder.file("old")) == "old");
  CHECK_THAT(check_writable(folder.file("no/out")).message(), Contains("No such file or directory"));
  CHECK_FALSE(check_writable(folder.path().string()));
  CHECK(count_files(folder) == 1);
}

TEST_CASE("A written file appears at commit, with nothing beside it") {
  const TemporaryFolder folder;
  const std::string path = folder.file("out");
  {
    Result<AtomicFile> file = AtomicFile::create(path);
    REQUIRE(file);
    REQUIRE(file->write("first "));
    REQUIRE(file->write("second"));
    CHECK_FALSE(std::filesystem::exists(path));
    REQUIRE(file->commit());
  }
  CHECK(test::read_file(path) == "first second");
  CHECK(count_files(folder) == 1);
}

TEST_CASE("A file that is not committed leaves nothing, and the old one as it was") {
  const TemporaryFolder folder;
  const std::string path = folder.file("out");
  test::write_file(path, "old");
  {
    Result<AtomicFile> file = AtomicFile::create(path);
    REQUIRE(file);
    REQUIRE(file->write("new"));
  }
  CHECK(test::read_file(path) == "old");
  CHECK(count_files(folder) == 1);
  REQUIRE(write_file(path, "new"));
  CHECK(test::read_file(path) == "new");
}

TEST_CASE("Of files that are committed together, none appears before all can") {
  const TemporaryFolder folder;
  const auto prepared = [&folder](const std::string& name) {
    Result<AtomicFile> file = prepare_file(folder.file(name), "new");
    REQUIRE(file);
    return *std::move(file);
  };
  {
    std::vector<AtomicFile> files;
    files.push_back(prepared("a"));
    CHECK_FALSE(prepare_file(folder.file("none/b"), "new"));
  }
  CHECK(count_files(folder) == 0);
  std::vector<AtomicFile> files;
  for (const char* name : {"a", "b"}) files.push_back(prepared(name));
  CHECK_FALSE(std::filesystem::exists(folder.file("a")));
  REQUIRE(commit_together(std::move(files)));
  CHECK(test::read_file(folder.file("a")) == "new");
  CHECK(test::read_file(folder.file("b")) == "new");
  CHECK(count_files(folder) == 2);
}

TEST_CASE("New files have the permissions that the umask leaves") {
  const TemporaryFolder folder;
  const mode_t before = ::umask(027);
  const Status status = write_file(folder.file("out"), "x");
  ::umask(before);
  REQUIRE(status);
  struct stat properties;
  REQUIRE(::stat(folder.file("out").c_str(), &properties) == 0);
  CHECK((properties.st_mode & 0777) == 0640);
}

TEST_CASE("Writing through a symbolic link replaces what it points to") {
  const TemporaryFolder folder;
  test::write_file(folder.file("real"), "old");
  std::filesystem::create_symlink("real", folder.path() / "link");
  REQUIRE(write_file(folder.file("link"), "new"));
  CHECK(std::filesystem::is_symlink(folder.path() / "link"));
  CHECK(test::read_file(folder.file("real")) == "new");
}

TEST_CASE("Outputs that cannot be written are named with the reason") {
  const TemporaryFolder folder;
  CHECK_THAT(write_file(folder.file("none/out"), "x").message(),
             Contains("none/out") && Contains("No such file"));
  CHECK_THAT(write_file(folder.path().string(), "x").message(), Contains("a folder"));
  CHECK_THAT(write_file("", "x").message(), Contains("names no file"));
  CHECK_THAT(write_file("/dev/full", "x").message(), Contains("not a regular file"));
  CHECK(count_files(folder) == 0);
}

TEST_CASE("Reading takes regular files up to a limit") {
  const TemporaryFolder folder;
  test::write_file(folder.file("in"), "12345");
  const Result<std::string> text = read_file(folder.file("in"), 5);
  REQUIRE(text);
  CHECK(*text == "12345");
  CHECK_THAT(read_file(folder.file("in"), 4).message(), Contains("5 bytes") && Contains("at most 4"));
  CHECK_THAT(read_file(folder.file("none"), 4).message(), Contains("none") && Contains("No such file"));
  CHECK_THAT(read_file(folder.path().string(), 4).message(), Contains("a folder"));
  REQUIRE(::mkfifo(folder.file("pipe").c_str(), 0600) == 0);
  CHECK_THAT(read_file(folder.file("pipe"), 4).message(), Contains("not a regular file"));
}

TEST_CASE("Mapped files show their bytes, empty ones are refused") {
  const TemporaryFolder folder;
  test::write_file(folder.file("in"), "abc");
  test::write_file(folder.file("empty"), "");
  const Result<MappedFile> mapped = MappedFile::open(folder.file("in"));
  REQUIRE(mapped);
  REQUIRE(mapped->bytes().size() == 3);
  CHECK(std::to_integer<char>(mapped->bytes()[2]) == 'c');
  CHECK_THAT(MappedFile::open(folder.file("empty")).message(), Contains("it is empty"));
}
