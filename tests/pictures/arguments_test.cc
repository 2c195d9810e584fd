#include "pictures/arguments.h"

#include "tests/catch.h"
#include "tests/support/temporary.h"

namespace effnet {
namespace {

namespace fs = std::filesystem;
using Catch::Contains;

// A folder with files of these names, empty ones: nobody opens them.
class Folder {
 public:
  explicit Folder(const std::vector<std::string>& files) {
    for (const std::string& file : files) {
      fs::create_directories((folder_.path() / file).parent_path());
      test::write_file(folder_.path() / file, "");
    }
  }

  std::string operator/(const std::string& name) const { return folder_.file(name); }

  // Names of what is found, without the folder's own path.
  std::vector<std::string> find(const std::vector<std::string>& arguments) const {
    std::vector<std::string> paths, names;
    for (const std::string& argument : arguments) paths.push_back(*this / argument);
    const PictureFiles found = find_pictures(paths);
    CHECK(found.failures.empty());
    for (const PictureFile& file : found.files) names.push_back(file.name.substr((*this / "").size()));
    return names;
  }

 private:
  test::TemporaryFolder folder_;
};

using Names = std::vector<std::string>;

TEST_CASE("files are taken as they are named, in their order") {
  const Folder folder({"b.txt", "a.png"});
  CHECK(folder.find({"b.txt", "a.png", "missing.png", "a.png"}) ==
        Names{"b.txt", "a.png", "missing.png", "a.png"});
}

TEST_CASE("a folder means the pictures in it and below it, in order, without hidden ones") {
  const Folder folder(
      {"b.png", "a/2.JPG", "a/1.jpeg", "a/notes.txt", "c", ".hidden.png", ".cache/d.png", "._b.png"});
  CHECK(folder.find({""}) == Names{"a/1.jpeg", "a/2.JPG", "b.png"});
  CHECK(folder.find({"a"}) == Names{"a/1.jpeg", "a/2.JPG"});
}

TEST_CASE("links in a folder are followed to files, not to folders") {
  const Folder folder({"a/1.png", "2.png"});
  fs::create_symlink(folder / "2.png", folder / "a/link.png");
  fs::create_directory_symlink(folder / ".", folder / "a/round.png");
  CHECK(folder.find({"a"}) == Names{"a/1.png", "a/link.png"});
}

TEST_CASE("a pattern means what matches, unless a file has that very name") {
  const Folder folder({"b1.png", "b2.png", "a1.png", "c/x.png", "odd[1].png"});
  CHECK(folder.find({"b*.png"}) == Names{"b1.png", "b2.png"});
  CHECK(folder.find({"[ac]*"}) == Names{"a1.png", "c/x.png"});
  CHECK(folder.find({"odd[1].png"}) == Names{"odd[1].png"});
}

TEST_CASE("arguments that name nothing are failures, the others stay") {
  const Folder folder({"a.png", "empty/notes.txt"});
  const PictureFiles found = find_pictures({folder / "x*.png", folder / "a.png", folder / "empty"});
  REQUIRE(found.files.size() == 1);
  REQUIRE(found.failures.size() == 2);
  CHECK_THAT(found.failures[0].message(), Contains("x*.png: no file has a name like this"));
  CHECK_THAT(found.failures[1].message(), Contains("empty: a folder without pictures"));
}

}  // namespace
}  // namespace effnet
