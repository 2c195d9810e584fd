#include "base/progress.h"

#include <fcntl.h>
#include <unistd.h>

#include "tests/catch.h"
#include "tests/support/temporary.h"

using namespace effnet;

TEST_CASE("Progress prints nothing where stderr is no terminal") {
  const test::TemporaryFolder folder;
  const std::string path = folder.file("stderr");
  const int saved = ::dup(STDERR_FILENO);
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT, 0600);
  REQUIRE(file >= 0);
  ::dup2(file, STDERR_FILENO);
  {
    Progress progress("compile", 3);
    progress.advance();
    progress.advance(2);
  }
  ::dup2(saved, STDERR_FILENO);
  ::close(saved);
  ::close(file);
  CHECK(test::read_file(path).empty());
}
